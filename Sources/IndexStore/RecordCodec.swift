import Foundation

/// What a stored blob holds. Part of every blob, so that one kind cannot be taken for another.
enum RecordField: UInt8 {
    case label = 1
    case document = 2
    case heading = 3
    case passage = 4
    case vector = 5
}

/// The one way in and out for everything in the index that tells about a document: label attributes, paths, titles,
/// headings, texts and vectors.
///
/// | offset | size | content |
/// | --- | --- | --- |
/// | 0 | 1 | codec version, 1: in the clear |
/// | 1 | 1 | `RecordField` |
/// | 2 | – | payload |
struct RecordCodec: Sendable {
    private static let version: UInt8 = 1

    func encode(_ payload: some Sequence<UInt8>, as field: RecordField) -> Data {
        var data = Data([Self.version, field.rawValue])
        data.append(contentsOf: payload)
        return data
    }

    func decode(_ data: Data, as field: RecordField) throws(IndexError) -> Data {
        guard data.count >= 2, data[data.startIndex] == Self.version, data[data.startIndex + 1] == field.rawValue else {
            throw .damaged(what: "a record of kind \(field)")
        }
        return data.dropFirst(2)
    }

    /// Little-endian float32, as the machines we run on hold them.
    func encode(vector: [Float]) -> Data {
        vector.withUnsafeBytes { encode($0, as: .vector) }
    }

    func decode(vector data: Data) throws(IndexError) -> [Float] {
        let payload = try decode(data, as: .vector)
        guard payload.count % MemoryLayout<Float>.stride == 0 else { throw .damaged(what: "a vector") }
        return [Float](unsafeUninitializedCapacity: payload.count / MemoryLayout<Float>.stride) { buffer, count in
            count = buffer.count
            payload.copyBytes(to: UnsafeMutableRawBufferPointer(buffer))
        }
    }
}
