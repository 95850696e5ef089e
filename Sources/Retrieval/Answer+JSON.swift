import IndexStore
import Labels
import Passages

// What leaves, over HTTP and with `--json`. The bytes that `JSONEncoder` gives with sorted keys and unescaped slashes.

extension Answer {
    package var json: [UInt8] {
        var text = JSONText(reserving: results.reduce(512) { $0 + $1.passage.text.utf8.count + 1_024 })
        text.object { text in
            text.field("content_tag", contentTag)
            if let expectedRecall { text.field("expected_recall", expectedRecall) }
            text.field("marking", marking)
            text.field("mode", mode.rawValue)
            text.field("policy_version", policyVersion)
            text.name("results")
            text.list(results) { $1.passage.write(to: &$0, hit: $1) }
        }
        return text.bytes
    }
}

extension CitedPassage {
    package var json: [UInt8] {
        var text = JSONText(reserving: self.text.utf8.count + 1_024)
        write(to: &text, hit: nil)
        return text.bytes
    }

    /// - Parameter hit: The passage as a result of a query.
    fileprivate func write(to text: inout JSONText, hit: Hit?) {
        text.object { text in
            text.name("attributes")
            text.object { text in
                for attribute in attributes {
                    text.name(escaping: attribute.name)
                    attribute.value.write(to: &text)
                }
            }
            text.name("citation")
            citation.write(to: &text)
            text.field("id", id.description)
            text.field("marking", marking)
            if let hit { text.field("score", hit.score) }
            if let snippet = hit?.snippet {
                text.name("snippet")
                snippet.write(to: &text)
            }
            text.field("text", self.text)
        }
    }
}

extension CitedDocument {
    package var json: [UInt8] {
        var text = JSONText(reserving: passages.reduce(512) { $0 + $1.text.utf8.count + 1_024 })
        text.object { text in
            text.field("id", id.description)
            text.field("marking", marking)
            text.name("passages")
            text.list(passages) { $1.write(to: &$0, hit: nil) }
            text.field("title", title)
            text.field("url", url)
        }
        return text.bytes
    }
}

extension Citation {
    fileprivate func write(to text: inout JSONText) {
        text.object { text in
            text.name("byte_range")
            byteRange.write(to: &text)
            text.field("document_id", document.description)
            text.field("page", page)
            text.field("revision", revision)
            text.name("section")
            text.list(section) { $0.string($1) }
            text.field("sha256", sha256)
            text.field("title", title)
            text.field("url", url)
        }
    }
}

extension Snippet {
    fileprivate func write(to text: inout JSONText) {
        text.object { text in
            text.name("byte_range")
            byteRange.write(to: &text)
            text.name("highlights")
            text.list(highlights) { $1.write(to: &$0) }
            text.field("text", self.text)
        }
    }
}

extension ByteRange {
    fileprivate func write(to text: inout JSONText) {
        text.object { text in
            text.field("end", end)
            text.field("start", start)
        }
    }
}

extension AttributeValue {
    /// Sets as sorted lists, instants as text.
    fileprivate func write(to text: inout JSONText) {
        switch self {
        case .bool(let bool): text.literal(bool ? "true" : "false")
        case .long(let number): text.literal(number.description)
        case .string, .entity, .datetime: text.string(description)
        case .set(let members): text.list(members.sorted()) { $1.write(to: &$0) }
        }
    }
}
