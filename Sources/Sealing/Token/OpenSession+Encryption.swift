import CSealing

/// AES-256-GCM in the token. A sealed text is nonce (12 bytes), ciphertext, tag (16 bytes), as with `Cipher`.
extension OpenSession {
    func encrypt(
        _ plaintext: UnsafeRawBufferPointer, with object: CK_OBJECT_HANDLE, context: [UInt8]
    ) throws(TokenFault) -> [UInt8] {
        var random = SystemRandomNumberGenerator()
        var nonce = (0..<Cipher.nonceLength).map { _ in UInt8.random(in: 0...255, using: &random) }
        var output = [UInt8](repeating: 0, count: plaintext.count + Cipher.tagLength)
        var count = CK_ULONG(output.count)
        try withMechanism(nonce: &nonce, context: context) { mechanism throws(TokenFault) in
            try module.call("C_EncryptInit") { $0.C_EncryptInit?(handle, mechanism, object) }
            // The interface lacks `const`; the input is only read.
            let input = UnsafeMutableRawBufferPointer(mutating: plaintext).bindMemory(to: UInt8.self)
            try module.call("C_Encrypt") {
                $0.C_Encrypt?(handle, input.baseAddress, CK_ULONG(input.count), &output, &count)
            }
        }
        guard count == output.count else { throw .answer(CKR_DATA_LEN_RANGE, call: "C_Encrypt") }
        return nonce + output
    }

    /// The plaintext, for its reader to wipe.
    func decrypt(_ sealed: [UInt8], with object: CK_OBJECT_HANDLE, context: [UInt8]) throws(TokenFault) -> [UInt8] {
        var nonce = Array(sealed.prefix(Cipher.nonceLength))
        var input = Array(sealed.dropFirst(Cipher.nonceLength))
        // Some modules ask for room for the tag too.
        var output = [UInt8](repeating: 0, count: input.count)
        defer { output.wipe() }
        var count = CK_ULONG(output.count)
        try withMechanism(nonce: &nonce, context: context) { mechanism throws(TokenFault) in
            try module.call("C_DecryptInit") { $0.C_DecryptInit?(handle, mechanism, object) }
            try module.call("C_Decrypt") { $0.C_Decrypt?(handle, &input, CK_ULONG(input.count), &output, &count) }
        }
        return Array(output.prefix(Int(count)))
    }

    /// Whether the token opens what it has sealed just now.
    func works(with object: CK_OBJECT_HANDLE, context: [UInt8]) -> Bool {
        let text = [UInt8](repeating: 0, count: SecretKey.length)
        guard let sealed = try? text.withUnsafeBytes({ try encrypt($0, with: object, context: context) }) else {
            return false
        }
        return (try? decrypt(sealed, with: object, context: context)) == text
    }

    /// What `body` is given must not outlive it.
    private func withMechanism(
        nonce: inout [UInt8], context: [UInt8],
        _ body: (UnsafeMutablePointer<CK_MECHANISM>) throws(TokenFault) -> Void
    ) throws(TokenFault) {
        var context = context
        try nonce.withUnsafeMutableBufferPointer { nonce throws(TokenFault) in
            try context.withUnsafeMutableBufferPointer { context throws(TokenFault) in
                // The layout of the errata of v2.40, with ulIvBits.
                var parameters = CK_GCM_PARAMS(
                    pIv: nonce.baseAddress, ulIvLen: CK_ULONG(nonce.count), ulIvBits: CK_ULONG(nonce.count * 8),
                    pAAD: context.baseAddress, ulAADLen: CK_ULONG(context.count),
                    ulTagBits: CK_ULONG(Cipher.tagLength * 8))
                try withUnsafeMutablePointer(to: &parameters) { parameters throws(TokenFault) in
                    var mechanism = CK_MECHANISM(
                        mechanism: CKM_AES_GCM, pParameter: parameters,
                        ulParameterLen: CK_ULONG(MemoryLayout<CK_GCM_PARAMS>.size))
                    try body(&mechanism)
                }
            }
        }
    }
}
