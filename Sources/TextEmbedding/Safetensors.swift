package import Foundation

/// A reader of the safetensors format: named tensors in one file.
///
/// | offset | bytes | content |
/// | --- | --- | --- |
/// | 0 | 8 | length n of the header, little-endian |
/// | 8 | n | JSON object: name → `{"dtype", "shape", "data_offsets": [begin, end]}`, and `__metadata__` |
/// | 8 + n | rest | tensors, row-major, little-endian, without holes or overlaps |
///
/// The header is checked as a whole before any tensor is read: nothing in a hostile file can make a later access leave
/// the file. Format: <https://huggingface.co/docs/safetensors>.
package struct Safetensors: Sendable {
    /// Longest header that is read. The model here has 11,408 bytes.
    package static let maximumHeaderBytes = 16 << 20
    /// Most dimensions of one tensor.
    package static let maximumDimensions = 8

    /// What the header says of one tensor. `range` is in bytes of the file, checked.
    package struct Tensor: Sendable, Equatable {
        package var type: String
        package var shape: [Int]
        package var range: Range<Int>
    }

    package let tensors: [String: Tensor]
    private let file: Data

    /// Reads and checks the header. O(n log n) in the number of tensors.
    ///
    /// - Parameter file: The whole file.
    package init(_ file: Data) throws(SafetensorsError) {
        let file = file.startIndex == 0 ? file : Data(file)
        guard file.count >= 8 else { throw .noHeaderLength(fileBytes: file.count) }
        let length = file.prefix(8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard length <= UInt64(Self.maximumHeaderBytes) else {
            throw .headerTooLong(bytes: length, limit: Self.maximumHeaderBytes)
        }
        guard length <= UInt64(file.count - 8) else {
            throw .headerTruncated(bytes: length, available: file.count - 8)
        }
        let start = 8 + Int(length)
        let header: Header
        do {
            header = try JSONDecoder().decode(Header.self, from: file[8..<start])
        } catch {
            throw .headerUnreadable(Self.reason(error))
        }
        var tensors: [String: Tensor] = [:]
        for (name, entry) in header.entries {
            tensors[name] = try Self.check(name, entry, dataStart: start, dataBytes: file.count - start)
        }
        try Self.checkLayout(tensors, from: start, to: file.count)
        self.tensors = tensors
        self.file = file
    }

    /// The numbers of the float32 tensor `name`, which must have exactly this shape. A copy, on a 64-byte boundary.
    package func floats(_ name: String, shape: [Int]) throws(SafetensorsError) -> AlignedFloats {
        let tensor = try find(name, shape)
        let block = AlignedFloats(count: tensor.range.count / MemoryLayout<Float>.stride)
        copy(tensor, to: block.base)
        return block
    }

    /// As ``floats(_:shape:)``, into memory that the caller has: room for the product of `shape`.
    package func copy(
        _ name: String, shape: [Int], to destination: UnsafeMutablePointer<Float>
    ) throws(SafetensorsError) {
        copy(try find(name, shape), to: destination)
    }

    private func find(_ name: String, _ shape: [Int]) throws(SafetensorsError) -> Tensor {
        guard let tensor = tensors[name] else { throw .missing(name) }
        guard tensor.type == "F32" else { throw .tensor(name, "its type is \(tensor.type), F32 is needed") }
        guard tensor.shape == shape else { throw .tensor(name, "its shape is \(tensor.shape), \(shape) is needed") }
        return tensor
    }

    private func copy(_ tensor: Tensor, to destination: UnsafeMutablePointer<Float>) {
        file.withUnsafeBytes { bytes in
            UnsafeMutableRawBufferPointer(start: destination, count: tensor.range.count)
                .copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[tensor.range]))
        }
    }

    // MARK: - Checks

    private static func check(
        _ name: String, _ entry: Header.Entry, dataStart: Int, dataBytes: Int
    ) throws(SafetensorsError) -> Tensor {
        guard let size = bytesPerElement[entry.type] else { throw .tensor(name, "unknown type '\(entry.type)'") }
        guard entry.shape.count <= maximumDimensions else {
            throw .tensor(name, "it has \(entry.shape.count) dimensions, the limit is \(maximumDimensions)")
        }
        guard entry.offsets.count == 2 else {
            throw .tensor(name, "data_offsets has \(entry.offsets.count) numbers, 2 are needed")
        }
        let (begin, end) = (entry.offsets[0], entry.offsets[1])
        guard begin >= 0, begin <= end, end <= dataBytes else {
            throw .tensor(name, "data_offsets \(begin)...\(end) do not lie within the \(dataBytes) bytes of data")
        }
        var bytes = size
        for dimension in entry.shape {
            guard dimension >= 0 else { throw .tensor(name, "its shape \(entry.shape) has a negative dimension") }
            let (product, overflow) = bytes.multipliedReportingOverflow(by: dimension)
            guard !overflow else { throw .tensor(name, "its shape \(entry.shape) is larger than memory") }
            bytes = product
        }
        guard bytes == end - begin else {
            throw .tensor(name, "\(entry.type) \(entry.shape) takes \(bytes) bytes, data_offsets give \(end - begin)")
        }
        return Tensor(type: entry.type, shape: entry.shape, range: dataStart + begin..<dataStart + end)
    }

    private static func checkLayout(_ tensors: [String: Tensor], from start: Int, to end: Int) throws(SafetensorsError)
    {
        var covered = start
        let ordered = tensors.sorted {
            ($0.value.range.lowerBound, $0.value.range.upperBound, $0.key)
                < ($1.value.range.lowerBound, $1.value.range.upperBound, $1.key)
        }
        for (name, tensor) in ordered {
            guard tensor.range.lowerBound == covered else {
                let what =
                    tensor.range.lowerBound < covered ? "overlaps the tensor before it" : "leaves a hole before it"
                throw .dataLayout(offset: tensor.range.lowerBound - start, "tensor '\(name)' \(what)")
            }
            covered = tensor.range.upperBound
        }
        guard covered == end else {
            throw .dataLayout(offset: covered - start, "no tensor covers the last \(end - covered) bytes of the file")
        }
    }

    private static let bytesPerElement = [
        "F64": 8, "F32": 4, "F16": 2, "BF16": 2, "I64": 8, "I32": 4, "I16": 2, "I8": 1, "U8": 1, "BOOL": 1,
    ]

    private static func reason(_ error: any Error) -> String {
        guard let error = error as? DecodingError else { return "not a JSON object" }
        func place(_ context: DecodingError.Context) -> String {
            let path = context.codingPath.map(\.stringValue).joined(separator: ".")
            return path.isEmpty ? "at the top" : "at '\(path)'"
        }
        return switch error {
        case .typeMismatch(_, let context): "wrong kind of value \(place(context))"
        case .valueNotFound(_, let context): "null \(place(context))"
        case .keyNotFound(let key, let context): "no '\(key.stringValue)' \(place(context))"
        case .dataCorrupted(let context): "not JSON that can be read \(place(context))"
        @unknown default: "not a JSON object"
        }
    }
}

/// The JSON header: tensor descriptions by name. `__metadata__` is not looked at.
private struct Header: Decodable {
    struct Entry: Decodable {
        var type: String
        var shape: [Int]
        var offsets: [Int]

        enum CodingKeys: String, CodingKey {
            case type = "dtype"
            case shape
            case offsets = "data_offsets"
        }
    }

    struct Name: CodingKey {
        var stringValue: String
        var intValue: Int? { nil }
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    var entries: [String: Entry] = [:]

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Name.self)
        for name in container.allKeys where name.stringValue != "__metadata__" {
            entries[name.stringValue] = try container.decode(Entry.self, forKey: name)
        }
    }
}

/// Why a safetensors file cannot be used. Every case says where in the file the trouble is.
package enum SafetensorsError: Error, Equatable, CustomStringConvertible {
    /// The file ends before the 8 bytes that give the length of the header.
    case noHeaderLength(fileBytes: Int)
    /// The header is longer than ``Safetensors/maximumHeaderBytes``.
    case headerTooLong(bytes: UInt64, limit: Int)
    /// The header reaches beyond the end of the file.
    case headerTruncated(bytes: UInt64, available: Int)
    /// The header is not a JSON object of tensor descriptions.
    case headerUnreadable(String)
    /// One tensor's description contradicts itself or the file.
    case tensor(String, String)
    /// The data have bytes that no tensor covers, or that two tensors cover, from this offset on.
    case dataLayout(offset: Int, String)
    /// A tensor that the model needs is not in the file.
    case missing(String)

    package var description: String {
        switch self {
        case .noHeaderLength(let bytes):
            "safetensors: the file has \(bytes) bytes, too few for the 8 bytes of the header length"
        case .headerTooLong(let bytes, let limit):
            "safetensors: the header length at byte 0 is \(bytes), the limit is \(limit)"
        case .headerTruncated(let bytes, let available):
            "safetensors: the header length at byte 0 is \(bytes), but only \(available) bytes follow"
        case .headerUnreadable(let reason):
            "safetensors: the header at byte 8 is unreadable: \(reason)"
        case .tensor(let name, let reason):
            "safetensors: tensor '\(name)': \(reason)"
        case .dataLayout(let offset, let reason):
            "safetensors: data at offset \(offset): \(reason)"
        case .missing(let name):
            "safetensors: tensor '\(name)' is not in the file"
        }
    }
}
