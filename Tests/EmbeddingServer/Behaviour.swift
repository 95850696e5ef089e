import Foundation

/// What becomes of a request. The model that it names chooses; the number counts the requests for that model from 1.
enum Behaviour {
    /// Status, further header fields, body.
    case answer(Int, [(String, String)], Data)
    /// As `answer`, once so many requests are being answered at the same time.
    case answerTogether(Int, Data)
    /// As `answer`, a little later.
    case answerLater(Data)
    case neverAnswer
    case hangUp
    /// Half of the body that the header announces, then hangs up.
    case cutShort(Data)
    /// A body without end.
    case pour

    /// The vectors are twice as long as unit vectors, so that whoever takes them has to make them so.
    static func of(model: String, number: Int, texts: [String], vectors: [[Float]]) -> Behaviour {
        func ok(_ answer: Answer) -> Behaviour { .answer(200, [], answer.json) }
        var answer = Answer(model: model, vectors: vectors.map { $0.map { $0 * 2 } })
        let echo = Data("{\"error\": {\"message\": \"cannot embed: \(texts.joined(separator: " "))\"}}".utf8)
        switch model {
        case "busy-once":
            return number == 1 ? .answer(429, [("Retry-After", "1")], echo) : ok(answer)
        case "busy-for-an-hour":
            return .answer(429, [("Retry-After", "3600")], echo)
        case "down-thrice":
            return number <= 3 ? .answer([502, 503, 504][number - 1], [], echo) : ok(answer)
        case "always-down": return .answer(503, [], echo)
        case "locked": return .answer(401, [], echo)
        case "broken": return .answer(500, [], echo)
        case "silent": return .neverAnswer
        case "hangs-up-twice": return number <= 2 ? .hangUp : ok(answer)
        case "hangs-up": return .hangUp
        case "cut-short": return .cutShort(answer.json)
        case "pours": return .pour
        case "moved":
            return .answer(307, [("Location", "/elsewhere")], echo)
        case "one-at-a-time": return .answerLater(answer.json)
        case "two-at-a-time": return .answerTogether(2, answer.json)
        case "other-model": answer.model = "hashing-2"
        case "indiscreet-model": answer.model = texts.joined(separator: " ")
        case "short-vectors": answer.entries[0].numbers.removeLast()
        case "too-few": answer.entries.removeLast()
        case "too-many": answer.entries.append(answer.entries[0])
        case "same-index": answer.entries[answer.entries.count - 1].index = 0
        case "far-index": answer.entries[0].index = answer.entries.count
        case "negative-index": answer.entries[0].index = -1
        case "reversed": answer.entries.reverse()
        case "not-a-number": answer.entries[0].numbers[3] = "NaN"
        case "infinite": answer.entries[0].numbers[3] = "1e999"
        case "beyond-float32": answer.entries[0].numbers[3] = "1e39"
        case "null": answer.entries[0].numbers[3] = "null"
        case "zero": answer.entries[0].numbers = answer.entries[0].numbers.map { _ in "0" }
        case "not-json": return .answer(200, [], Data(texts.joined(separator: " ").utf8))
        case "bends-in-a-batch":
            // As some servers do: other last bits in company.
            if texts.count > 1, let first = vectors[0].first { answer.entries[0].numbers[0] = "\(first * 2.000001)" }
        default: break
        }
        return ok(answer)
    }
}

/// The JSON of an answer, with numbers as texts so that they can be spoilt.
struct Answer {
    var model: String
    var entries: [(index: Int, numbers: [String])]

    init(model: String, vectors: [[Float]]) {
        self.model = model
        entries = vectors.enumerated().map { ($0, $1.map { "\($0)" }) }
    }

    var json: Data {
        let data = entries.map { entry in
            let numbers = entry.numbers.joined(separator: ", ")
            return #"{"object": "embedding", "index": \#(entry.index), "embedding": [\#(numbers)]}"#
        }
        let name = (try? JSONEncoder().encode(model)).map { String(decoding: $0, as: UTF8.self) } ?? "\"\""
        return Data(
            """
            {"object": "list", "data": [\(data.joined(separator: ", "))], "model": \(name), "usage": \
            {"prompt_tokens": 1, "total_tokens": 1}}
            """.utf8)
    }
}
