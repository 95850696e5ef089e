import CSealing
import Foundation
import TestSupport

@testable import Sealing

extension SoftToken {
    func source(key: String = "root", module: String? = nil, pinFile: String? = nil) -> TokenSource {
        TokenSource(module: module ?? self.module, token: label, key: key, pinFile: pinFile ?? self.pinFile)
    }

    /// A file with another PIN.
    func pinFile(_ text: String, mode: Int = 0o600, in folder: TemporaryFolder) throws -> String {
        let path = try folder.write(text, to: UUID().uuidString).path
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
        return path
    }

    /// Puts a key of known bytes into the token, as a root key but for what `change` sets.
    func importKey(
        _ bytes: [UInt8], id: [UInt8], label: String, _ change: (inout TokenTemplate) -> Void = { _ in }
    ) throws {
        var template = TokenTemplate()
        template.set(CKA_CLASS, CKO_SECRET_KEY)
        template.set(CKA_KEY_TYPE, CKK_AES)
        template.set(CKA_LABEL, Array(label.utf8))
        template.set(CKA_ID, id)
        template.set(CKA_VALUE, bytes)
        template.set(CKA_TOKEN, true)
        template.set(CKA_PRIVATE, true)
        template.set(CKA_SENSITIVE, true)
        template.set(CKA_EXTRACTABLE, false)
        template.set(CKA_ENCRYPT, true)
        template.set(CKA_DECRYPT, true)
        change(&template)
        try TokenSession(source(), writable: true).use("import") { session throws(TokenFault) in
            try template.withAttributes { attributes, count throws(TokenFault) in
                var object: CK_OBJECT_HANDLE = 0
                try session.module.call("C_CreateObject") {
                    $0.C_CreateObject?(session.handle, attributes, count, &object)
                }
            }
        }
    }
}

extension TokenTemplate {
    /// Sets an attribute that is there already to another value.
    mutating func replace(_ type: CK_ATTRIBUTE_TYPE, _ flag: Bool) {
        values.removeAll { $0.type == type }
        set(type, flag)
    }
}

extension SecretKey {
    var bytes: [UInt8] { withBytes { Array($0) } }
}

extension SeededGenerator {
    mutating func bytes(_ count: Int) -> [UInt8] {
        (0..<count).map { _ in UInt8.random(in: 0...255, using: &self) }
    }
}
