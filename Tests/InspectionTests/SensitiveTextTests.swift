import Foundation
import Inspection
import Passages
import Testing

/// Scores the detector on texts whose sensitive values are known.
@Suite("Card numbers among other sensitive values")
struct SensitiveTextTests {
    /// The texts lie beside the project, not in it.
    static let folder = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "shared/inspection")

    struct Sample: Decodable {
        struct Span: Decodable {
            let type: String
            let byteStart: Int
            let byteEnd: Int
        }

        let id: String
        let kind: String
        let lookalike: String?
        let text: String
        let spans: [Span]
    }

    @Test(
        "Every card number is found, and nothing else",
        .enabled(
            if: FileManager.default.fileExists(atPath: folder.path),
            "skipped: ../shared/inspection is not there: the detector is not scored"))
    func score() throws {
        let samples = try Data(contentsOf: Self.folder.appending(path: "sensitive-dev.jsonl"))
            .split(separator: UInt8(ascii: "\n")).map { try JSONDecoder().decode(Sample.self, from: $0) }
        var (marked, right, wrong, negativesWithFinding) = (0, 0, 0, 0)
        for sample in samples {
            let expected = sample.spans.filter { $0.type == "CREDIT_CARD" }.map { ByteRange($0.byteStart, $0.byteEnd) }
            let found = CardNumberDetector.cardNumbers(in: sample.text).map(\.range)
            marked += expected.count
            right += found.count { expected.contains($0) }
            wrong += found.count { !expected.contains($0) }
            if sample.kind == "negative" && !found.isEmpty { negativesWithFinding += 1 }
            for range in found where !expected.contains(range) {
                Issue.record("\(sample.id), \(sample.lookalike ?? sample.kind): a finding at \(range.start)")
            }
            for range in expected where !found.contains(range) {
                Issue.record("\(sample.id): none found at \(range.start)")
            }
        }
        print(
            "card numbers in \(samples.count) texts: \(right) of \(marked) found with exact borders, \(wrong) wrong, "
                + "\(negativesWithFinding) negatives with a finding")
        try #require(marked > 0, "sensitive-dev.jsonl holds no card numbers")
        try #require(samples.contains { $0.kind == "negative" }, "sensitive-dev.jsonl holds no negatives")
        #expect(right == marked)
        // At least 98 of a hundred findings are right, and no look-alike sets a document aside.
        #expect(Double(right) >= 0.98 * Double(right + wrong) && negativesWithFinding == 0)
    }
}
