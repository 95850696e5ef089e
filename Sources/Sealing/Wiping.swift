import Glibc

extension UnsafeMutableRawBufferPointer {
    /// Overwrites secret bytes, and no optimisation leaves it out.
    func wipe() {
        if let baseAddress { explicit_bzero(baseAddress, count) }
    }
}

extension [UInt8] {
    /// Overwrites the elements with zero, where nobody else holds them.
    mutating func wipe() {
        withUnsafeMutableBytes { $0.wipe() }
    }
}
