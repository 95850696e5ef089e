/// The words of a text that carry its meaning, without their endings.
enum ContentWords {
    /// Content words that a question has in common with that paragraph, list item or row of `text` that holds `phrase`.
    static func shared(_ question: String, _ text: String, around phrase: String) -> Set<String> {
        let phrase = CorpusEnclave.flat(phrase)
        let paragraphs = text.replacing("\r\n", with: "\n").components(separatedByBlankLines: ())
        let pieces = paragraphs.flatMap { paragraph in
            // A row or an item by itself, where the phrase stands in one.
            let lines = paragraph.split(separator: "\n").map(String.init)
            let isRows = lines.allSatisfy { line in line.first.map { "|-*•0123456789".contains($0) } ?? false }
            return isRows ? lines : [paragraph]
        }
        let piece = pieces.first { CorpusEnclave.flat($0).contains(phrase) } ?? text
        return words(question).intersection(words(piece))
    }

    static func words(_ text: String) -> Set<String> {
        Set(
            text.lowercased().split { !$0.isLetter && !$0.isNumber && $0 != "-" }.map(String.init)
                .filter { ($0.count >= 3 || $0.contains(where: \.isNumber)) && !functionWords.contains($0) }
                .map(stem))
    }

    private static func stem(_ word: String) -> String {
        for ending in ["ing", "es", "ed", "s"] where word.hasSuffix(ending) && word.count - ending.count >= 3 {
            return String(word.dropLast(ending.count))
        }
        return word
    }

    private static let functionWords = Set(
        """
        the and for are was were has have had his her its our your their this that these those with without from into onto \
        over under about after before during between within until since than then when where which while who whom whose \
        what why how not nor but all any each every some such only own same other another both few more most much many no \
        one can could may might must shall should will would does did done doing been being also just very too here there \
        them they she him you out off per via upon again further once
        """.split { $0 == " " || $0 == "\n" }.map(String.init))
}

extension String {
    /// The pieces between blank lines.
    fileprivate func components(separatedByBlankLines: Void) -> [String] {
        var pieces: [String] = []
        var open = false
        for line in split(separator: "\n", omittingEmptySubsequences: false) {
            if line.allSatisfy(\.isWhitespace) {
                open = false
            } else if open {
                pieces[pieces.count - 1] += "\n" + line
            } else {
                pieces.append(String(line))
                open = true
            }
        }
        return pieces
    }
}
