import Foundation
import Glibc
import Synchronization

/// Runs as somebody who may not read and write everything, even where the tests run as root.
package enum Unprivileged {
    /// The account `nobody`.
    package static let user: UInt32 = 65_534

    /// On a thread of its own, whose user for files (setfsuid(2)) is `nobody`; the rest of the process stays as it is.
    package static func run<Value: Sendable>(_ body: @escaping @Sendable () -> Value) throws -> Value {
        guard geteuid() == 0 else { return body() }
        typealias SetUser = @convention(c) (uid_t) -> CInt
        guard let symbol = dlsym(nil, "setfsuid") else { throw POSIXError(.ENOSYS) }
        let setUser = unsafeBitCast(symbol, to: SetUser.self)
        let value = Mutex<Value?>(nil)
        let done = DispatchSemaphore(value: 0)
        Thread.detachNewThread {
            _ = setUser(user)
            value.withLock { $0 = body() }
            done.signal()
        }
        done.wait()
        guard let result = value.withLock({ $0 }) else { throw POSIXError(.ENOSYS) }
        return result
    }
}
