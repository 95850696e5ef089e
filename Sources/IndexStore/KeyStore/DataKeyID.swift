import Foundation

/// Names a data key: 16 random bytes.
struct DataKeyID: Hashable, Sendable {
    static let length = 16
    /// The key that all look-up keys are derived from stands in the key store under this name.
    static let secret = DataKeyID(high: 0, low: 0)

    private let high: UInt64
    private let low: UInt64

    private init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    static func random() -> DataKeyID {
        DataKeyID(high: .random(in: 1 ... .max), low: .random(in: 0 ... .max))
    }

    /// nil where there are not 16 bytes.
    init?(_ bytes: some Collection<UInt8>) {
        guard bytes.count == Self.length else { return nil }
        func number(_ part: some Sequence<UInt8>) -> UInt64 { part.reduce(0) { $0 << 8 | UInt64($1) } }
        self.init(high: number(bytes.prefix(8)), low: number(bytes.dropFirst(8)))
    }

    var bytes: [UInt8] {
        withUnsafeBytes(of: high.bigEndian) { Array($0) } + withUnsafeBytes(of: low.bigEndian) { Array($0) }
    }
}
