import CSealing
import Foundation

extension OpenSession {
    /// The ids of the root keys of a label, the newest last. Each has been found fit for use.
    mutating func rootKeys(label: String) throws(TokenFault) -> [RootKeyID] {
        objects = [:]
        for object in try find(.rootKeys(label: label)) {
            // A key with another id is somebody else's.
            let bytes = try attribute(CKA_ID, of: object) ?? []
            guard bytes.count == RootKeyID.length else { continue }
            let id = RootKeyID(bytes: bytes)
            guard objects[id] == nil else { throw unfit(id, "another key of the label has the same CKA_ID") }
            try check(object, id)
            objects[id] = object
        }
        return objects.keys.sorted { $0.isOlder(than: $1) }
    }

    /// The object of a root key.
    mutating func object(_ id: RootKeyID, label: String) throws(TokenFault) -> CK_OBJECT_HANDLE {
        if let object = objects[id] { return object }
        guard try rootKeys(label: label).contains(id), let object = objects[id] else {
            throw .refusal(
                .token(
                    what: "cannot use root key \(id) in token \"\(slot.label)\"", reason: "the token has it no more",
                    remedy: "put in the token that has it, or restore the token from its backup"))
        }
        return object
    }

    /// Makes a root key, and takes it back where the token did not make it as asked.
    mutating func generate(label: String) throws(TokenFault) -> RootKeyID {
        let id = RootKeyID(madeAt: UInt64(max(0, Date().timeIntervalSince1970 * 1000)))
        var object: CK_OBJECT_HANDLE = 0
        try TokenTemplate.newRootKey(label: label, id: id).withAttributes { attributes, count throws(TokenFault) in
            var mechanism = CK_MECHANISM(mechanism: CKM_AES_KEY_GEN, pParameter: nil, ulParameterLen: 0)
            try module.call("C_GenerateKey") {
                $0.C_GenerateKey?(handle, &mechanism, attributes, count, &object)
            }
        }
        do throws(TokenFault) {
            try check(object, id)
            guard try flag(CKA_LOCAL, of: object) == true, try flag(CKA_NEVER_EXTRACTABLE, of: object) == true,
                try flag(CKA_ALWAYS_SENSITIVE, of: object) == true, try flag(CKA_TOKEN, of: object) == true
            else { throw unfit(id, "the token does not say that it was made there and can never leave it") }
        } catch {
            try? module.call("C_DestroyObject") { $0.C_DestroyObject?(handle, object) }
            throw error
        }
        return id
    }

    /// The value of an attribute, or nil where the object has none.
    func attribute(_ type: CK_ATTRIBUTE_TYPE, of object: CK_OBJECT_HANDLE) throws(TokenFault) -> [UInt8]? {
        var attribute = CK_ATTRIBUTE(type: type, pValue: nil, ulValueLen: 0)
        do throws(TokenFault) {
            try module.call("C_GetAttributeValue") { $0.C_GetAttributeValue?(handle, object, &attribute, 1) }
        } catch .answer(CKR_ATTRIBUTE_TYPE_INVALID, _) {
            return nil
        }
        // CK_UNAVAILABLE_INFORMATION.
        guard attribute.ulValueLen != CK_ULONG.max else { return nil }
        var bytes = [UInt8](repeating: 0, count: Int(attribute.ulValueLen))
        try bytes.withUnsafeMutableBufferPointer { buffer throws(TokenFault) in
            attribute.pValue = UnsafeMutableRawPointer(buffer.baseAddress)
            try module.call("C_GetAttributeValue") { $0.C_GetAttributeValue?(handle, object, &attribute, 1) }
        }
        return Array(bytes.prefix(Int(attribute.ulValueLen)))
    }

    private func flag(_ type: CK_ATTRIBUTE_TYPE, of object: CK_OBJECT_HANDLE) throws(TokenFault) -> Bool? {
        try attribute(type, of: object).map { $0 != [0] }
    }

    private func number(_ type: CK_ATTRIBUTE_TYPE, of object: CK_OBJECT_HANDLE) throws(TokenFault) -> CK_ULONG? {
        guard let bytes = try attribute(type, of: object), bytes.count == MemoryLayout<CK_ULONG>.size else {
            return nil
        }
        return bytes.withUnsafeBytes { $0.loadUnaligned(as: CK_ULONG.self) }
    }

    func find(_ template: TokenTemplate) throws(TokenFault) -> [CK_OBJECT_HANDLE] {
        try template.withAttributes { attributes, count throws(TokenFault) in
            try module.call("C_FindObjectsInit") { $0.C_FindObjectsInit?(handle, attributes, count) }
        }
        // A search that stays open would be in the way of the next.
        defer { try? module.call("C_FindObjectsFinal") { $0.C_FindObjectsFinal?(handle) } }
        var found: [CK_OBJECT_HANDLE] = []
        var some = [CK_OBJECT_HANDLE](repeating: 0, count: 16)
        while true {
            var count: CK_ULONG = 0
            try module.call("C_FindObjects") { $0.C_FindObjects?(handle, &some, CK_ULONG(some.count), &count) }
            if count == 0 { return found }
            found += some.prefix(Int(count))
        }
    }

    /// Refuses a key that could leave the token or does not do what a root key does. What is not said counts as bad.
    private func check(_ object: CK_OBJECT_HANDLE, _ id: RootKeyID) throws(TokenFault) {
        guard try flag(CKA_EXTRACTABLE, of: object) == false else { throw unfit(id, "it is extractable") }
        guard try flag(CKA_SENSITIVE, of: object) == true else { throw unfit(id, "it is not sensitive") }
        guard try number(CKA_KEY_TYPE, of: object) == CKK_AES,
            try number(CKA_VALUE_LEN, of: object) == CK_ULONG(SecretKey.length)
        else { throw unfit(id, "it is not an AES key of 256 bits") }
        guard try flag(CKA_ENCRYPT, of: object) == true, try flag(CKA_DECRYPT, of: object) == true else {
            throw unfit(id, "it may not encrypt and decrypt")
        }
    }

    private func unfit(_ id: RootKeyID, _ reason: String) -> TokenFault {
        .refusal(
            .token(
                what: "key \(id) in token \"\(slot.label)\" cannot be a root key", reason: reason,
                remedy: "give it another label, and have `portcullis keys` make one in the token"))
    }
}
