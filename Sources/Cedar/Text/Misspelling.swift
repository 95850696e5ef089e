/// Finds the name that a writer probably meant.
enum Misspelling {
    /// Names that are longer are not compared.
    private static let longest = 64
    /// How many names are compared at most.
    private static let mostNames = 2000

    /// The name that differs least: in the case of its letters alone, or by few letters that are wrong, missing, too
    /// many or exchanged with their neighbour: one, or a third of the shorter name. Among several the first.
    ///
    /// Takes time in the number of names, as their length is bounded.
    static func nearest(to name: CedarString, among names: some Sequence<CedarString>) -> CedarString? {
        guard !name.isEmpty, name.utf8.count <= longest else { return nil }
        let wanted = name.utf8.map(lowercased)
        var best: CedarString?
        var least = Int.max
        for candidate in names.prefix(mostNames) where candidate != name && !candidate.isEmpty {
            let shorter = min(candidate.utf8.count, wanted.count)
            let allowed = max(1, shorter / 3)
            guard candidate.utf8.count <= longest, abs(candidate.utf8.count - wanted.count) <= allowed, shorter > 1
            else { continue }
            let distance = distance(wanted, candidate.utf8.map(lowercased))
            if distance <= allowed, distance < least {
                best = candidate
                least = distance
            }
        }
        return best
    }

    /// `nearest` as a hint.
    static func hint(for name: CedarString, among names: some Sequence<CedarString>) -> String? {
        nearest(to: name, among: names).map { "did you mean `\($0)`?" }
    }

    private static func lowercased(_ byte: UInt8) -> UInt8 { 0x41...0x5A ~= byte ? byte + 0x20 : byte }

    /// The number of bytes to change, insert, delete or exchange with their neighbour.
    private static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
        var beforeLast = [Int](repeating: 0, count: right.count + 1)
        var last = Array(0...right.count)
        for row in 1...left.count {
            var next = [row]
            next.reserveCapacity(right.count + 1)
            for column in 1...right.count {
                let isSame = left[row - 1] == right[column - 1]
                var cost = min(last[column] + 1, next[column - 1] + 1, last[column - 1] + (isSame ? 0 : 1))
                if row > 1, column > 1, left[row - 1] == right[column - 2], left[row - 2] == right[column - 1] {
                    cost = min(cost, beforeLast[column - 2] + 1)
                }
                next.append(cost)
            }
            beforeLast = last
            last = next
        }
        return last[right.count]
    }
}
