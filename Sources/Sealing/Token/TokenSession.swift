import Synchronization

/// A session with a source's token that is opened again when it is lost. One call at a time uses it.
final class TokenSession: Sendable {
    let source: TokenSource
    private let module: TokenModule
    private let writable: Bool
    private let state = Mutex(State())

    private struct State {
        var session: OpenSession?
        /// What lost the session before, until another one works.
        var loss: TokenFault?
        /// Set when the token did not take the PIN.
        var loginRefusal: KeyError?
    }

    /// Opens the session.
    /// - Parameter writable: Whether objects can be made in it.
    init(_ source: TokenSource, writable: Bool = false) throws(KeyError) {
        self.source = source
        self.writable = writable
        module = try TokenModule.at(source.module)
        try use("cannot open a session with token \"\(source.token)\"") { _ in }
    }

    deinit {
        state.withLock { $0.session?.close() }
    }

    /// Lets `body` use the session. Where the session turns out to be lost, `body` runs once more in a new one.
    func use<Result: Sendable>(
        _ what: String, _ body: (inout OpenSession) throws(TokenFault) -> Result
    ) throws(KeyError) -> Result {
        try state.withLock { state throws(KeyError) in
            do throws(TokenFault) {
                do throws(TokenFault) {
                    return try run(body, &state)
                } catch  where state.session != nil && error.losesSession {
                    state.session?.close()
                    state.session = nil
                    state.loss = error
                    return try run(body, &state)
                }
            } catch {
                throw state.loss.map { gone(what, $0, error) } ?? error.keyError(what, remedy: Self.remedy)
            }
        }
    }

    private func run<Result>(
        _ body: (inout OpenSession) throws(TokenFault) -> Result, _ state: inout State
    ) throws(TokenFault) -> Result {
        var session = try opened(&state)
        defer { state.session = session }
        let result = try body(&session)
        state.loss = nil
        return result
    }

    private func opened(_ state: inout State) throws(TokenFault) -> OpenSession {
        if let session = state.session { return session }
        if let refusal = state.loginRefusal { throw .refusal(refusal) }
        do throws(TokenFault) {
            return try OpenSession.open(source, in: module, writable: writable)
        } catch {
            if case .login(let refusal) = error { state.loginRefusal = refusal }
            throw error
        }
    }

    private func gone(_ what: String, _ loss: TokenFault, _ fault: TokenFault) -> KeyError {
        let lost = "the token was lost while in use (\(loss)), and a new session does not bring it back: "
        return switch fault {
        case .answer:
            .token(what: what, reason: lost + "\(fault)", remedy: Self.remedy)
        case .refusal(.token(let other, let reason, let remedy)), .login(.token(let other, let reason, let remedy)):
            .token(what: what, reason: lost + "\(other): \(reason)", remedy: remedy)
        case .refusal(let error), .login(let error):
            error
        }
    }

    private static let remedy = "check that the token is connected and its software runs, and try again"
}
