import Foundation
import Glibc
import Sealing

/// Sealing and opening of records of several sizes, beside a copy of the same bytes; and what each key and digest costs.
struct CipherMeasurement: Sendable {
    private static let sizes = [
        (100, "100 B"), (1_500, "1.5 KB"), (16 << 10, "16 KB"), (64 << 10, "64 KB"), (1 << 20, "1 MB"),
    ]
    /// A call takes as many records as make up about this, so that reading the clock is not what is measured.
    private static let bytesPerCall = 1 << 20
    private static let callLimit = 1_000
    private static let digested = 100
    private static let contextBytes = 80

    private let rounds: Int
    private let calls: Int

    init(isQuick: Bool) {
        rounds = isQuick ? 4 : 24
        calls = isQuick ? 6 : 16
    }

    func section() async throws -> Section {
        let key = try SecretKey()
        let context = [UInt8](repeating: 0x5A, count: Self.contextBytes)
        var items: [Stopwatch.Item] = []
        for (size, _) in Self.sizes { items += try self.items(size, key, context) }
        items += try keyItems(context)
        var random = RandomNumbers(seed: 21)
        let samples = try await Stopwatch.interleave(items, rounds: rounds, calls: calls, random: &random)
        Subject.sealing.note("sealed and opened records of \(Self.sizes.count) sizes")
        return table(samples)
    }

    private static func count(_ size: Int) -> Int { max(1, min(callLimit, bytesPerCall / size)) }

    // MARK: - What is timed

    /// Copy, seal, open.
    private func items(_ size: Int, _ key: SecretKey, _ context: [UInt8]) throws -> [Stopwatch.Item] {
        var random = RandomNumbers(seed: UInt64(size))
        let plaintext = Data((0..<size).map { _ in UInt8(truncatingIfNeeded: random.next()) })
        let nonce = [UInt8](repeating: 7, count: Cipher.nonceLength)
        let sealed = Cipher.seal(plaintext, with: key, nonce: nonce, context: context)
        guard Cipher.open(sealed, with: key, context: context) == plaintext else {
            throw UnexpectedAnswer(what: "a record of \(size) bytes does not open")
        }
        let target = CopyTarget(size)
        let count = Self.count(size)
        return [
            Stopwatch.Item { _ in for _ in 0..<count { target.copy(plaintext) } },
            Stopwatch.Item { _ in
                for number in 0..<count {
                    let nonce = nonce.prefix(4) + withUnsafeBytes(of: UInt64(number).bigEndian) { Array($0) }
                    let record = Cipher.seal(plaintext, with: key, nonce: Array(nonce), context: context)
                    guard record.count == sealed.count else { throw UnexpectedAnswer(what: "a sealed record") }
                }
            },
            Stopwatch.Item { _ in
                for _ in 0..<count {
                    guard Cipher.open(sealed, with: key, context: context)?.count == size else {
                        throw UnexpectedAnswer(what: "an opened record")
                    }
                }
            },
        ]
    }

    /// Unwrap, wrap, digest.
    private func keyItems(_ context: [UInt8]) throws -> [Stopwatch.Item] {
        let (epoch, key) = (try SecretKey(), try SecretKey())
        let wrapped = Cipher.wrap(key, with: epoch, context: context)
        let digest = try KeyedDigest(secret: key, purpose: "benchmark")
        let message = [UInt8](repeating: 3, count: Self.digested)
        return [
            Stopwatch.Item { _ in
                for _ in 0..<Self.callLimit {
                    guard try Cipher.unwrap(wrapped, with: epoch, context: context) != nil else {
                        throw UnexpectedAnswer(what: "a wrapped key")
                    }
                }
            },
            Stopwatch.Item { _ in
                for _ in 0..<Self.callLimit { _ = Cipher.wrap(key, with: epoch, context: context) }
            },
            Stopwatch.Item { _ in
                for _ in 0..<Self.callLimit {
                    guard digest(message).count == KeyedDigest.length else { throw UnexpectedAnswer(what: "a digest") }
                }
            },
        ]
    }

    // MARK: - The table

    private func table(_ samples: [Samples]) -> Section {
        var rows: [Section.Row] = []
        for (number, (size, name)) in Self.sizes.enumerated() {
            let count = Self.count(size)
            let copy = samples[3 * number]
            for (offset, what) in ["copy", "seal", "open"].enumerated() {
                let taken = samples[3 * number + offset]
                rows.append(
                    .init(
                        name: "\(name): \(what)",
                        cells: [
                            taken.rate(of: Double(size * count) / 1e9, decimals: 2),
                            taken.scaled(by: 1000 / Double(count)).median(decimals: 2),
                            offset == 0 ? nil : taken.ratio(to: copy, decimals: 1),
                        ]))
            }
        }
        for (offset, what) in ["unwrap a data key", "wrap a data key", "keyed digest of \(Self.digested) B"]
            .enumerated()
        {
            let taken = samples[3 * Self.sizes.count + offset].scaled(by: 1000 / Double(Self.callLimit))
            rows.append(.init(name: what, cells: [nil, taken.median(decimals: 2), nil]))
        }
        return Section(
            title: "Sealing and opening",
            explanation: [
                "AES-256-GCM on one thread, a nonce and \(Self.contextBytes) bytes of context given, as for a record of the "
                    + "index; memory for the result counted. \(rounds) rounds of \(calls) calls.",
                "Copy: the same bytes with memcpy(3) into memory that is there. Compared: how many times the copy.",
            ],
            columns: ["", "GB/s", "µs a record", "compared"], rows: rows, targets: [])
    }
}

/// Memory that bytes are copied to.
private final class CopyTarget: @unchecked Sendable {
    private let memory: UnsafeMutableRawPointer

    init(_ size: Int) {
        memory = .allocate(byteCount: size, alignment: 64)
        memory.initializeMemory(as: UInt8.self, repeating: 0, count: size)
    }

    deinit { memory.deallocate() }

    @inline(never)
    func copy(_ data: Data) { data.withUnsafeBytes { _ = memcpy(memory, $0.baseAddress!, $0.count) } }
}
