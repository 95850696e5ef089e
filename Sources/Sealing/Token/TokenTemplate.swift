import CSealing

/// Attributes of an object, to look for it or to make it.
struct TokenTemplate {
    var values: [(type: CK_ATTRIBUTE_TYPE, bytes: [UInt8])] = []

    mutating func set(_ type: CK_ATTRIBUTE_TYPE, _ bytes: [UInt8]) { values.append((type, bytes)) }

    mutating func set(_ type: CK_ATTRIBUTE_TYPE, _ flag: Bool) { set(type, [flag ? 1 : 0]) }

    mutating func set(_ type: CK_ATTRIBUTE_TYPE, _ number: CK_ULONG) {
        set(type, withUnsafeBytes(of: number) { Array($0) })
    }

    /// What `body` is given must not outlive it.
    func withAttributes<Result, Failure>(
        _ body: (UnsafeMutablePointer<CK_ATTRIBUTE>, CK_ULONG) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        var attributes = values.map { value in
            // Some modules read numbers where they lie.
            let copy = UnsafeMutableRawPointer.allocate(
                byteCount: value.bytes.count, alignment: MemoryLayout<CK_ULONG>.alignment)
            value.bytes.withUnsafeBytes {
                copy.copyMemory(from: $0.baseAddress ?? UnsafeRawPointer(copy), byteCount: $0.count)
            }
            return CK_ATTRIBUTE(type: value.type, pValue: copy, ulValueLen: CK_ULONG(value.bytes.count))
        }
        let copies = attributes.map(\.pValue)
        defer { copies.forEach { $0?.deallocate() } }
        return try body(&attributes, CK_ULONG(attributes.count))
    }
}

extension TokenTemplate {
    /// The root keys of a label, or the one with an id.
    static func rootKeys(label: String, id: RootKeyID? = nil) -> TokenTemplate {
        var template = TokenTemplate()
        template.set(CKA_CLASS, CKO_SECRET_KEY)
        template.set(CKA_LABEL, Array(label.utf8))
        if let id { template.set(CKA_ID, id.bytes) }
        return template
    }

    /// A root key that is to be made: it is kept, works and cannot be read.
    static func newRootKey(label: String, id: RootKeyID) -> TokenTemplate {
        var template = rootKeys(label: label, id: id)
        template.set(CKA_KEY_TYPE, CKK_AES)
        template.set(CKA_VALUE_LEN, CK_ULONG(SecretKey.length))
        template.set(CKA_TOKEN, true)
        template.set(CKA_PRIVATE, true)
        template.set(CKA_SENSITIVE, true)
        template.set(CKA_EXTRACTABLE, false)
        template.set(CKA_ENCRYPT, true)
        template.set(CKA_DECRYPT, true)
        return template
    }
}
