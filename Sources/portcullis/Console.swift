import ArgumentParser
import Foundation
import Glibc
import QueryService
import Synchronization

/// Standard output and standard error: a progress bar where somebody watches, plain lines elsewhere.
final class Console: Sendable {
    private struct State {
        var barIsShown = false
        var lastLine = Date.distantPast
    }

    private let isTerminal = isatty(STDERR_FILENO) == 1
    private let state = Mutex(State())

    /// Seconds between two plain lines about progress.
    private static let plainInterval: TimeInterval = 10

    static var page: PageStyle {
        PageStyle(
            colour: isatty(STDOUT_FILENO) == 1 && ProcessInfo.processInfo.environment["NO_COLOR"] == nil,
            width: columns ?? 100)
    }

    /// One line on standard error, in the program's name.
    static func complain(_ message: String) {
        note("portcullis: \(message)")
    }

    /// Lines on standard error.
    static func note(_ text: String) {
        FileHandle.standardError.write(Data("\(text)\n".utf8))
    }

    /// What `body` returns; an error is said on standard error and ends the program with status 1.
    static func failing<Result>(_ body: () throws -> Result) throws -> Result {
        do {
            return try body()
        } catch {
            complain("\(error)")
            throw ExitCode(ExitStatus.failure.rawValue)
        }
    }

    static func failing<Result>(_ body: () async throws -> Result) async throws -> Result {
        do {
            return try await body()
        } catch {
            complain("\(error)")
            throw ExitCode(ExitStatus.failure.rawValue)
        }
    }

    func receive(_ event: ControlEvent) {
        switch event {
        case .output(let text):
            finish()
            FileHandle.standardOutput.write(Data(text.utf8))
        case .diagnostic(let text):
            finish()
            FileHandle.standardError.write(Data(text.utf8))
        case .progress(let done, let total, let path):
            isTerminal ? bar(done: done, total: total, path: path) : line(done: done, total: total)
        case .exit:
            finish()
        }
    }

    /// Removes the bar.
    func finish() {
        state.withLock { state in
            if state.barIsShown { FileHandle.standardError.write(Data("\r\u{1b}[K".utf8)) }
            state.barIsShown = false
        }
    }

    private func bar(done: Int, total: Int, path: String) {
        let length = 24
        let filled = total == 0 ? length : length * done / total
        let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: length - filled)
        let room = max(0, (Self.columns ?? 80) - length - 20)
        let name = String(Self.printable(path).suffix(room))
        state.withLock { state in
            state.barIsShown = true
            FileHandle.standardError.write(Data("\r\u{1b}[K\(bar) \(done)/\(total) \(name)".utf8))
        }
    }

    /// Without the path: such lines end up in logs.
    private func line(done: Int, total: Int) {
        state.withLock { state in
            guard done == total || Date().timeIntervalSince(state.lastLine) >= Self.plainInterval else { return }
            state.lastLine = Date()
            FileHandle.standardError.write(Data("\(done) of \(total)\n".utf8))
        }
    }

    private static func printable(_ path: String) -> String {
        String(path.unicodeScalars.filter { $0.value >= 32 && $0.value != 127 }.map(Character.init))
    }

    private static var columns: Int? {
        var size = winsize()
        guard ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
        return Int(size.ws_col)
    }
}
