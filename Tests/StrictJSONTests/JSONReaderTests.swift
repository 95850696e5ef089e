import Foundation
import TestSupport
import Testing

@testable import StrictJSON

@Suite("Strict JSON")
struct JSONReaderTests {
    static let limits = JSONLimits(depth: 8, fields: 20)

    static func read(_ text: String) throws(JSONError) -> JSONValue {
        try JSONReader.read(Array(text.utf8)[...], limits: limits)
    }

    @Test("Every kind of value is read as it stands")
    func kinds() throws {
        let value = try Self.read(
            #" {"a": [1, -0.5e+3, true, false, null], "é": "\u00e9\n\ud83d\ude00\/", "": {}, "e\u0301": []} "#)
        guard case .object(let object) = value else {
            Issue.record("no object")
            return
        }
        #expect(object["a"] == .array([.number("1"), .number("-0.5e+3"), .bool(true), .bool(false), .null]))
        #expect(object["é"]?.text == "é\n😀/")
        #expect(object["e\u{301}"] == .array([]))
        #expect(object[""] == .object(JSONObject(fields: [])))
        #expect(object["b"] == nil)
        #expect(object.fields.count == 4)
    }

    @Test(
        "What two readers could read differently is refused with its place",
        arguments: [
            ("", 0), ("  ", 2), ("{", 1), (#"{"a"}"#, 4), (#"{"a":}"#, 5), (#"{"a":1,}"#, 7), ("[1,]", 3), ("[1 2]", 3),
            ("nul", 0), ("NaN", 0), ("01", 1), ("+1", 0), ("1.", 2), (".5", 0), ("1e", 2), ("-", 1), ("1 1", 2),
            ("'a'", 0), ("\"a", 2), ("\"a\tb\"", 2), (#""\x""#, 2), (#""\ud800""#, 7), (#""\udc00""#, 7),
            (#""\ud800\u0041""#, 13), (#""\u0000""#, 7), (#""\u00zz""#, 5), ("\u{FEFF}{}", 0), ("{}\u{0}", 2),
            ("/**/1", 0),
        ])
    func malformed(text: String, offset: Int) {
        #expect(throws: JSONError.malformed(offset: offset), "\(text)") { try Self.read(text) }
    }

    @Test("A string that is not UTF-8 is refused")
    func invalidUTF8() {
        for bytes: [UInt8] in [[0xFF], [0xC3], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80]] {
            #expect(throws: JSONError.malformed(offset: 1)) {
                try JSONReader.read([0x22] + bytes + [0x22], limits: Self.limits)
            }
        }
    }

    @Test("A field that stands twice is refused, among few fields and among many, however it is written")
    func repeated() {
        for count in [1, 11, 12, 13, 19] {
            let fields = (0..<count).map { #""f\#($0)": \#($0)"# }.joined(separator: ", ")
            for name in ["f0", #"f\u0030"#, "f\(count - 1)"] {
                #expect(throws: JSONError.repeatedField(number: count + 1)) {
                    try Self.read("{\(fields), \"\(name)\": 0}")
                }
            }
            #expect(throws: Never.self) { try Self.read("{\(fields), \"g\": 0}") }
        }
        #expect(throws: JSONError.repeatedField(number: 2)) { try Self.read(#"[{"a": {"b": 1, "b": 1}}]"#) }
    }

    @Test("Depth and fields are limited")
    func limits() throws {
        func nested(_ depth: Int) -> String {
            String(repeating: "[{\"a\":", count: depth / 2) + "1" + String(repeating: "}]", count: depth / 2)
        }
        _ = try Self.read(nested(8))
        #expect(throws: JSONError.tooDeep(limit: 8)) { try Self.read(nested(10)) }
        #expect(throws: JSONError.tooDeep(limit: 8)) { try Self.read(String(repeating: "[", count: 1_000_000)) }
        func wide(_ count: Int) -> String { "{" + (0..<count).map { #""\#($0)": 0"# }.joined(separator: ",") + "}" }
        _ = try Self.read(wide(20))
        #expect(throws: JSONError.tooManyFields(limit: 20)) { try Self.read(wide(21)) }
    }

    @Test("What it takes, Foundation takes too, with the same values", arguments: 0..<20)
    func agreesWithFoundation(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let pieces = [
            "{", "}", "[", "]", ",", ":", "\"a\"", "\"b\"", "\"\\u00e9\"", "\"\\ud83d\\ude00\"", "1", "-2.5",
            "true",
            "null", " ",
        ]
        var taken = 0
        for _ in 0..<2_000 {
            let text =
                Bool.random(using: &random)
                ? Self.document(depth: 3, &random)
                : (0..<Int.random(in: 1...7, using: &random)).map { _ in pieces.randomElement(using: &random)! }
                    .joined()
            guard let value = try? Self.read(text) else { continue }
            taken += 1
            let other = try JSONSerialization.jsonObject(with: Data(text.utf8), options: .fragmentsAllowed)
            #expect(Self.same(value, other), "seed \(seed): \(text)")
        }
        #expect(taken > 500, "seed \(seed)")
    }

    private static func document(depth: Int, _ random: inout SeededGenerator) -> String {
        switch Int.random(in: depth == 0 ? 2...5 : 0...5, using: &random) {
        case 0:
            let count = Int.random(in: 0...3, using: &random)
            return "{" + (0..<count).map { "\"\($0)\": " + document(depth: depth - 1, &random) }.joined(separator: ",")
                + "}"
        case 1:
            let count = Int.random(in: 0...3, using: &random)
            return "[" + (0..<count).map { _ in document(depth: depth - 1, &random) }.joined(separator: " , ") + "]"
        case 2: return ["true", "false", "null"].randomElement(using: &random)!
        case 3: return ["0", "-1", "12.25", "1e2", "9007199254740993"].randomElement(using: &random)!
        default: return ["\"\"", "\"x y\"", #""\t\"\\""#, "\"日本\"", #""\u20ac""#].randomElement(using: &random)!
        }
    }

    private static func same(_ value: JSONValue, _ other: Any) -> Bool {
        switch value {
        case .null: other is NSNull
        case .bool(let bool): other as? Bool == bool
        case .number(let digits): (other as? NSNumber)?.doubleValue == Double(digits)
        case .string: value.text == other as? String
        case .array(let values):
            (other as? [Any]).map { $0.count == values.count && zip(values, $0).allSatisfy(same) } ?? false
        case .object(let object):
            (other as? [String: Any]).map { all in
                all.count == object.fields.count
                    && object.fields.allSatisfy { field in
                        all[String(decoding: field.name, as: UTF8.self)].map { same(field.value, $0) } ?? false
                    }
            } ?? false
        }
    }
}
