/// Damaged copies of an input, for tests that parsers end whatever they are given.
enum Mutation {
    /// Some bytes replaced, removed, doubled or moved, or the end cut off.
    static func of(_ bytes: [UInt8], _ generator: inout ExtractionGenerator) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<Int.random(in: 1...6, using: &generator) where !bytes.isEmpty {
            let start = Int.random(in: 0..<bytes.count, using: &generator)
            let end = min(bytes.count, start + Int.random(in: 1...12, using: &generator))
            switch Int.random(in: 0..<6, using: &generator) {
            case 0: bytes[start] = UInt8.random(in: 0...255, using: &generator)
            case 1: bytes.removeSubrange(start..<end)
            case 2: bytes.insert(contentsOf: bytes[start..<end], at: Int.random(in: 0...bytes.count, using: &generator))
            case 3: bytes[start] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
            case 4: bytes.insert("\"'<>=?;:,-()[]{}\\\n\r\t%&".utf8.randomElement(using: &generator)!, at: start)
            default: if Bool.random(using: &generator) { bytes.removeSubrange(start...) }
            }
        }
        return bytes
    }
}
