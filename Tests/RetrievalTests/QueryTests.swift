import Foundation
import Labels
import Retrieval
import Testing

/// The numbers are published test numbers.
@Suite("Queries with a payment card number")
struct QueryCardNumberTests {
    static let refusal = "holds what looks like a payment card number; leave it out and ask again – it was not stored"

    @Test(
        "are refused without repeating it",
        arguments: [
            "Who was charged on 4111 1111 1111 1111?", "4111111111111111", "３７８２ ８２２４６３ １０００５ の支払い",
            "4111-1111-\n1111-1111", "4111\u{200B}111111111111",
        ])
    func refused(text: String) {
        #expect(throws: QueryError(field: "query", reason: Self.refusal)) { try Fixture.query(text) }
    }

    @Test("are refused for a value of the filter too")
    func refusedFilter() {
        let values: [AttributeValue] = [
            .string("4111 1111 1111 1111"), .long(4_111_111_111_111_111),
            .entity(EntityReference(type: "Account", id: "4111111111111111")),
        ]
        for value in values {
            let plain = LabelFilter.comparison(attribute: "level", .in, [.string("open"), value])
            for filter in [plain, .all([.any([.comparison(attribute: "level", .eq, [.bool(true)]), plain])])] {
                #expect(throws: QueryError(field: "filter", reason: Self.refusal)) {
                    try Fixture.query("wing", filter: filter)
                }
            }
        }
    }

    @Test("Numbers that are no card's may be asked for")
    func taken() throws {
        for text in ["4111 1111 1111 1112", "order A4111111111111111", "p = 0.4111111111111111"] {
            #expect(try Fixture.query(text).text == text)
        }
        let filter = LabelFilter.comparison(attribute: "count", .eq, [.long(4_111_111_111_111_112)])
        #expect(try Fixture.query("wing", filter: filter).filter != nil)
    }

    @Test("A count out of range is repeated only where it is short")
    func count() {
        for (count, phrase) in [
            (1_001, "is 1001 and"), (-1, "is -1 and"), (99_999_999_999, "is 99999999999 and"),
            (4_111_111_111_111_111, "has more than 11 digits and"), (.min, "has more than 11 digits and"),
        ] {
            let error = #expect(throws: QueryError.self) { try Fixture.query("wing", count: count) }
            #expect(error?.reason == "\(phrase) must be between 1 and 1000")
        }
    }
}
