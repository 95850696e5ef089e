import CSealing

/// A session with a token in which the user is logged in.
struct OpenSession {
    let module: TokenModule
    let slot: TokenSlot
    let handle: CK_SESSION_HANDLE
    /// The objects of root keys, found and checked in this session.
    var objects: [RootKeyID: CK_OBJECT_HANDLE] = [:]

    /// Opens a session with the source's token and logs in.
    static func open(_ source: TokenSource, in module: TokenModule, writable: Bool) throws(TokenFault) -> OpenSession {
        let slot = try module.slot(of: source)
        var handle: CK_SESSION_HANDLE = 0
        let flags = CKF_SERIAL_SESSION | (writable ? CKF_RW_SESSION : 0)
        try module.call("C_OpenSession") { $0.C_OpenSession?(slot.id, flags, nil, nil, &handle) }
        let session = OpenSession(module: module, slot: slot, handle: handle)
        do throws(TokenFault) {
            try session.logIn(source)
        } catch {
            session.close()
            throw error
        }
        return session
    }

    /// With the last session of the process the token logs the user out.
    func close() {
        // Nothing is to be done about one that cannot be closed.
        try? module.call("C_CloseSession") { $0.C_CloseSession?(handle) }
    }

    private func logIn(_ source: TokenSource) throws(TokenFault) {
        if slot.flags & CKF_USER_PIN_LOCKED != 0 { throw .login(.pinLocked(source)) }
        // Whoever starts a program again and again with a wrong PIN must not lock the token by it.
        if slot.flags & CKF_USER_PIN_FINAL_TRY != 0 { throw .login(.lastTry(source)) }
        do {
            try TokenPIN.withPIN(of: source) { pin, length throws(TokenFault) in
                try module.call("C_Login") { $0.C_Login?(handle, CK_USER_TYPE(CKU_USER), pin, length) }
            }
        } catch .answer(CKR_USER_ALREADY_LOGGED_IN, _) {
            // A login is the process's, not the session's.
        } catch .answer(CKR_PIN_LOCKED, _) {
            throw .login(.pinLocked(source))
        } catch .answer(let code, let call) where Self.wrongPIN.contains(code) {
            throw .login(.wrongPIN(source, reason: "\(TokenFault.answer(code, call: call))"))
        } catch .answer(CKR_USER_PIN_NOT_INITIALIZED, _) {
            throw .refusal(
                .token(
                    what: "cannot log in to token \"\(source.token)\"", reason: "its user has no PIN yet",
                    remedy: "have its security officer set one"))
        }
    }

    private static let wrongPIN: Set<CK_RV> = [CKR_PIN_INCORRECT, CKR_PIN_INVALID, CKR_PIN_LEN_RANGE, CKR_PIN_EXPIRED]
}

extension KeyError {
    static func wrongPIN(_ source: TokenSource, reason: String) -> KeyError {
        .token(
            what: "cannot log in to token \"\(source.token)\"",
            reason: "it refuses the PIN of \(source.pinFile) (\(reason)), which was tried once",
            remedy:
                "write the right PIN into the file before the next start: a token locks itself after a few wrong ones"
        )
    }

    static func pinLocked(_ source: TokenSource) -> KeyError {
        .token(
            what: "cannot log in to token \"\(source.token)\"", reason: "its PIN is locked after too many wrong ones",
            remedy: "have its security officer set a new PIN, and write that into \(source.pinFile)")
    }

    static func lastTry(_ source: TokenSource) -> KeyError {
        .token(
            what: "cannot log in to token \"\(source.token)\"",
            reason: "one more wrong PIN locks it, so the PIN of \(source.pinFile) was not tried",
            remedy: "log in once with the token's own tools, and write the PIN that works into the file")
    }
}
