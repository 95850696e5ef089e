/// When a request that failed for a reason that may pass is made again: after pauses that double, with jitter, so that
/// callers who failed together do not come back together.
struct RetrySchedule {
    /// Requests in all.
    static let maximumAttempts = 6
    static let firstPause = Duration.milliseconds(250)
    static let longestPause = Duration.seconds(8)
    /// A server that asks for a longer pause is not waited for.
    static let longestRetryAfter = Duration.seconds(60)

    /// Requests that failed.
    private(set) var attempts = 0

    /// The pause before the next request; nil when there is to be none.
    ///
    /// - Parameter retryAfter: Seconds that the server asked for (RFC 9110, section 10.2.3).
    mutating func pause(
        retryAfter: Int?, using generator: inout some RandomNumberGenerator
    ) -> Duration? {
        attempts += 1
        guard attempts < Self.maximumAttempts else { return nil }
        let pause = min(Self.longestPause, Self.firstPause * (1 << (attempts - 1)))
        let jittered = pause * Double.random(in: 0.5...1, using: &generator)
        guard let retryAfter else { return jittered }
        let asked = Duration.seconds(retryAfter)
        return asked > Self.longestRetryAfter ? nil : max(jittered, asked)
    }

    /// The seconds of a `Retry-After` field. A date gives nil: the clocks of two machines may differ.
    static func seconds(ofRetryAfter field: String?) -> Int? {
        guard let field, (1...9).contains(field.utf8.count), field.utf8.allSatisfy({ (0x30...0x39).contains($0) })
        else { return nil }
        return Int(field)
    }
}
