/// The lists of a Word document (`word/numbering.xml`): how their items are numbered.
final class WordNumbering: XMLHandler {
    private struct Level {
        var format = "decimal"
        var start = 1
    }

    private var lists: [String: [Int: Level]] = [:]
    private var listOfNumber: [String: String] = [:]
    private var counts: [String: [Int: Int]] = [:]

    private var openList: String?
    private var openLevel: Int?
    private var openNumber: String?

    /// The mark before the next item: `- `, or its number such as `3. `.
    func mark(list id: String, level: Int) -> String {
        guard let list = listOfNumber[id], let levels = lists[list] else { return "- " }
        let properties = levels[level] ?? Level()
        guard properties.format != "bullet", properties.format != "none" else { return "- " }
        // A shallower item begins the deeper ones anew.
        var running = (counts[id] ?? [:]).filter { $0.key <= level }
        let number = running[level].map { $0 + 1 } ?? properties.start
        running[level] = number
        counts[id] = running
        return Self.written(number, properties.format) + ". "
    }

    private static func written(_ number: Int, _ format: String) -> String {
        switch format {
        case "lowerLetter" where (1...26).contains(number): String(UnicodeScalar(UInt8(0x60 + number)))
        case "upperLetter" where (1...26).contains(number): String(UnicodeScalar(UInt8(0x40 + number)))
        default: String(number)
        }
    }

    func start(_ name: String, _ attributes: XMLAttributes) {
        switch name {
        case "w:abstractNum": openList = attributes["abstractNumId"]
        case "w:lvl" where openNumber == nil:
            openLevel = attributes["ilvl"].flatMap { Int($0) }
            change { _ in }
        case "w:numFmt": change { $0.format = attributes["val"] ?? $0.format }
        case "w:start": change { $0.start = attributes["val"].flatMap { Int32($0) }.map { Int($0) } ?? $0.start }
        case "w:num": openNumber = attributes["numId"]
        case "w:abstractNumId":
            if let openNumber, let list = attributes["val"] { listOfNumber[openNumber] = list }
        default: break
        }
    }

    func end(_ name: String) {
        switch name {
        case "w:abstractNum": openList = nil
        case "w:lvl": openLevel = nil
        case "w:num": openNumber = nil
        default: break
        }
    }

    func text(_ bytes: UnsafeBufferPointer<UInt8>) {}

    private func change(_ body: (inout Level) -> Void) {
        guard let openList, let openLevel else { return }
        body(&lists[openList, default: [:]][openLevel, default: Level()])
    }
}
