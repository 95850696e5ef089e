import Labels
import TestSupport
import Testing

@Suite("Canonical bytes")
struct CanonicalBytesTests {
    @Test("a label is read back from its bytes, and equal bytes mean equal labels")
    func roundTrip() throws {
        let seed = SeededGenerator.newSeed()
        var random = SeededGenerator(seed: seed)
        var byBytes: [[UInt8]: Label] = [:]
        for _ in 0..<500 {
            let label = SampleScheme.randomLabel(using: &random)
            let back = try Label(canonicalBytes: label.canonicalBytes)
            #expect(
                back == label && back.attributes == label.attributes && back.parents == label.parents, "seed \(seed)")
            if let other = byBytes.updateValue(label, forKey: label.canonicalBytes) {
                #expect(other.attributes == label.attributes && other.parents == label.parents, "seed \(seed)")
            }
        }
    }

    @Test("values that look alike have different bytes")
    func distinctness() {
        let values: [AttributeValue] = [
            .string("é"), .string("e\u{301}"), .string(""), .string("\u{0}"), .long(0), .datetime(0), .bool(false),
            .long(-1), .long(.min), .long(.max), .entity(EntityReference(type: "é", id: "")),
            .entity(EntityReference(type: "e\u{301}", id: "")), .entity(EntityReference(type: "", id: "é")),
            .set([]), .set([.string("")]), .set([.string("é"), .string("e\u{301}")]), .set([.set([])]),
        ]
        #expect(Set(values.map(\.canonicalBytes)).count == values.count)
        #expect(Set(values.map { Label(attributes: ["a": $0]) }).count == values.count)
        #expect(Label(attributes: ["é": .bool(true)]) != Label(attributes: ["e\u{301}": .bool(true)]))
        #expect(
            Label(attributes: [:], parents: [EntityReference(type: "a", id: "b")])
                != Label(attributes: [:], parents: [EntityReference(type: "ab", id: "")]))
    }

    @Test("longs and instants are ordered by their bytes")
    func order() {
        let numbers: [Int64] = [.min, -256, -1, 0, 1, 255, 256, .max]
        #expect(numbers.map { AttributeValue.long($0) }.shuffled().sorted() == numbers.map { .long($0) })
    }

    @Test("every damaged byte, every missing end and every addition is found, and nothing traps")
    func damage() {
        let label = Label(
            attributes: [
                "classification": .string("cui"), "categories": SampleScheme.category("SP-EXPT", "SP-CTI"),
                "cardholder": .bool(true), "sensitivity": .long(3), "expires": .datetime(1_800_000_000_000),
            ], parents: [EntityReference(type: "Project", id: "falcon")])
        let bytes = label.canonicalBytes
        for index in bytes.indices {
            for flip in UInt8(1)...255 {
                var damaged = bytes
                damaged[index] ^= flip
                // A flip inside a text or number gives another label; it never gives the same one.
                guard let other = try? Label(canonicalBytes: damaged) else { continue }
                if other == label || other.canonicalBytes != damaged {
                    Issue.record("byte \(index) flipped by \(flip)")
                }
            }
            #expect(throws: MalformedLabel.self) { try Label(canonicalBytes: Array(bytes[..<index])) }
        }
        #expect(throws: MalformedLabel.self) { try Label(canonicalBytes: bytes + [0]) }
        #expect(throws: MalformedLabel.self) { try Label(canonicalBytes: []) }
    }

    @Test("random bytes are never a label of other bytes")
    func noise() {
        let seed = SeededGenerator.newSeed()
        var random = SeededGenerator(seed: seed)
        for _ in 0..<5000 {
            let bytes = (0..<Int.random(in: 0...40, using: &random)).map { _ in UInt8.random(in: 0...8, using: &random)
            }
            guard let label = try? Label(canonicalBytes: bytes) else { continue }
            #expect(label.canonicalBytes == bytes, "seed \(seed)")
        }
    }

    @Test("members of a set in another order, or twice, are not canonical")
    func setOrder() throws {
        // No attributes; parents: a set of two members.
        func bytes(_ members: [[UInt8]]) -> [UInt8] {
            [0, 0, 0, 0, 6, 0, 0, 0, UInt8(members.count)] + members.flatMap { [0, 0, 0, UInt8($0.count)] + $0 }
        }
        func entity(_ id: UInt8) -> [UInt8] { [4, 0, 0, 0, 1, 84, 0, 0, 0, 1, id] }
        #expect(try Label(canonicalBytes: bytes([entity(97), entity(98)])).parents.count == 2)
        #expect(throws: MalformedLabel.self) { try Label(canonicalBytes: bytes([entity(98), entity(97)])) }
        #expect(throws: MalformedLabel.self) { try Label(canonicalBytes: bytes([entity(97), entity(97)])) }
    }
}
