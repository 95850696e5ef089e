import HummingbirdCore
import Logging
import NIOCore

/// An HTTP/1.1 connection whose requests are handled on the thread that reads and writes its socket.
///
/// Otherwise a request would wake a thread of Swift's pool when it has been read, and that one the socket's again when
/// the answer is written, which costs more than all the rest of HTTP. Searching, reading passages and embedding have
/// threads of their own; what runs here is short: authentication, decisions, JSON.
struct EventLoopConnection: ServerChildChannel {
    let http: HTTP1Channel

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<HTTP1Channel.Value> {
        http.setup(channel: channel, logger: logger)
    }

    func handle(value: HTTP1Channel.Value, logger: Logger) async {
        await withTaskExecutorPreference(EventLoopExecutor(eventLoop: value.channel.eventLoop)) {
            await http.handle(value: value, logger: logger)
        }
    }
}

/// Runs tasks on an event loop (SE-0417).
private final class EventLoopExecutor: TaskExecutor {
    private let eventLoop: any EventLoop

    init(eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        eventLoop.execute { [self] in job.runSynchronously(on: asUnownedTaskExecutor()) }
    }
}
