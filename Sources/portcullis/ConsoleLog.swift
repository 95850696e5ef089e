import Logging

/// The log of a command that owns the enclave: lines on standard error, where a progress bar may stand.
struct ConsoleLog: LogHandler {
    let console: Console
    private var lines: StreamLogHandler

    init(label: String, console: Console) {
        self.console = console
        lines = StreamLogHandler.standardError(label: label)
    }

    func log(event: LogEvent) {
        console.finish()
        lines.log(event: event)
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { lines[metadataKey: key] }
        set { lines[metadataKey: key] = newValue }
    }

    var metadata: Logger.Metadata {
        get { lines.metadata }
        set { lines.metadata = newValue }
    }

    var logLevel: Logger.Level {
        get { lines.logLevel }
        set { lines.logLevel = newValue }
    }
}
