package import Foundation
package import IndexStore
import Labels

extension RecordScope {
    /// Documents that bear a date before the one so long ago: `6y`, `18mo`, `30d`.
    package init(olderThan text: String, now: Date) throws {
        do throws(RetentionSpanError) {
            self = .olderThan(try RetentionSpan(parsing: text).subtracted(from: now.milliseconds))
        } catch {
            throw SpanError(text: text, reason: "\(error)")
        }
    }
}

private struct SpanError: Error, CustomStringConvertible {
    let text: String
    let reason: String

    var description: String { "--older-than: `\(text)` \(reason)" }
}
