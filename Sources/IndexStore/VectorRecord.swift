import Foundation
import Passages
import VectorSearch

/// The vectors of a document in one record, so that opening an index opens one record a document and not one a passage.
///
/// Rows follow each other in the order of the passages:
///
/// | offset | size | content |
/// | --- | --- | --- |
/// | 0 | 16 | id of the passage |
/// | 16 | 32 | digest of what was embedded |
/// | 48 | 4 each | float32, little endian, of unit length |
struct VectorRecord: Sendable {
    private static let header = 16 + 32

    private var payload: Data
    private let dimension: Int
    let count: Int

    /// Bytes of all of it.
    var size: Int { payload.count }

    private var stride: Int { Self.header + dimension * MemoryLayout<Float>.stride }

    init(_ payload: Data, dimension: Int, of id: DocumentID) throws(IndexError) {
        self.payload = payload
        self.dimension = dimension
        let stride = Self.header + dimension * MemoryLayout<Float>.stride
        guard payload.count % stride == 0 else { throw .damaged(what: "the vectors of document \(id)") }
        count = payload.count / stride
    }

    static func bytes(_ passages: [IndexedPassage]) -> Data {
        var data = Data()
        if let first = passages.first {
            data.reserveCapacity(passages.count * (header + first.vector.count * MemoryLayout<Float>.stride))
        }
        for passage in passages {
            data.append(contentsOf: passage.id.bytes)
            data.append(contentsOf: passage.embeddingDigest)
            passage.vector.withUnsafeBytes { data.append(contentsOf: $0) }
        }
        return data
    }

    /// Overwrites what was opened, where nobody else has it: it does not stay in memory that is free.
    mutating func wipe() { payload.resetBytes(in: payload.startIndex..<payload.endIndex) }

    /// Whether it is the record of these passages, to the last bit.
    func holds(_ passages: [IndexedPassage]) -> Bool { payload == Self.bytes(passages) }

    private func withBytes<Result>(
        _ row: Int, from offset: Int, count: Int, _ body: (UnsafeRawBufferPointer) throws -> Result
    ) rethrows -> Result {
        let start = row * stride + offset
        return try payload.withUnsafeBytes {
            try body(UnsafeRawBufferPointer(rebasing: $0[start..<start + count]))
        }
    }

    func passage(_ row: Int) -> PassageID { PassageID(bytes: withBytes(row, from: 0, count: 16) { Array($0) }) }

    /// In the order of the text.
    var passages: [PassageID] { (0..<count).map(passage) }

    /// The id of a passage as the key of its row in memory.
    func key(_ row: Int) -> RowKey {
        withBytes(row, from: 0, count: RowKey.byteCount) { bytes in
            RowKey(
                high: UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self)),
                low: UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)))
        }
    }

    func embeddingDigest(_ row: Int) -> [UInt8] { withBytes(row, from: 16, count: 32) { Array($0) } }

    func withVector<Result>(_ row: Int, _ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        try withBytes(row, from: Self.header, count: dimension * MemoryLayout<Float>.stride, body)
    }

    /// Calls a closure with the vector of a row.
    func withFloats(_ row: Int, _ body: (UnsafePointer<Float>) -> Void) {
        withVector(row) { bytes in
            #if _endian(little)
                if Int(bitPattern: bytes.baseAddress).isMultiple(of: MemoryLayout<Float>.alignment) {
                    return bytes.withMemoryRebound(to: Float.self) { body($0.baseAddress!) }
                }
            #endif
            vector(row).withUnsafeBufferPointer { body($0.baseAddress!) }
        }
    }

    func vector(_ row: Int) -> [Float] {
        withVector(row) { bytes in
            [Float](unsafeUninitializedCapacity: dimension) { buffer, count in
                UnsafeMutableRawBufferPointer(buffer).copyMemory(from: bytes)
                count = dimension
            }
        }
    }
}
