import Foundation

// Numbers in records stand with their most significant byte first.

extension Data {
    mutating func append(bigEndian number: Int64) {
        Swift.withUnsafeBytes(of: number.bigEndian) { append(contentsOf: $0) }
    }
}

extension [UInt8] {
    mutating func append(bigEndian number: Int64) {
        Swift.withUnsafeBytes(of: number.bigEndian) { append(contentsOf: $0) }
    }

    /// In four bytes.
    mutating func append(bigEndian number: Int) {
        Swift.withUnsafeBytes(of: UInt32(number).bigEndian) { append(contentsOf: $0) }
    }
}
