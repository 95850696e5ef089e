import Hummingbird
import HummingbirdCore
import NIOCore

/// What is known of a request before its caller is.
struct ServiceContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    /// The socket's other end.
    let peer: String?
    /// Set by `CallerMiddleware`.
    var caller: Caller?

    init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        peer = source.channel.remoteAddress?.ipAddress
    }

    var maxUploadSize: Int { ServiceLimits.bodyBytes }
}

/// What is known behind `CallerMiddleware`: the caller is not optional there, so a route cannot forget to ask.
struct CallerContext: ChildRequestContext {
    var coreContext: CoreRequestContextStorage
    let peer: String?
    let caller: Caller

    init(context: ServiceContext) throws {
        guard let caller = context.caller else { throw InvalidToken(reason: .missing) }
        coreContext = context.coreContext
        peer = context.peer
        self.caller = caller
    }

    var maxUploadSize: Int { ServiceLimits.bodyBytes }
}
