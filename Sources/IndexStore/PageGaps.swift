import Foundation

/// The space between the pointers to the cells of a page and its cells (the SQLite file format, section 1.6).
///
/// `secure_delete` overwrites a cell that is deleted, but where SQLite moved it to another page before, a copy may be left
/// in such a gap.
struct PageGaps {
    private static let readBytes = 4 << 20

    private let path: String

    /// - Parameter path: Of a SQLite file whose log is empty.
    init(path: String) { self.path = path }

    /// Whether one of these values stands in a gap. O(size of the file).
    ///
    /// - Parameter values: Of four bytes or more each.
    func hold(anyOf values: [Data]) throws -> Bool {
        guard !values.isEmpty else { return false }
        let byStart = Dictionary(grouping: values.map(Array.init)) { Self.start($0, at: 0) }
        let file = try FileHandle(forReadingFrom: URL(filePath: path))
        defer { try? file.close() }
        guard let header = try file.read(upToCount: 18), header.count == 18 else { return false }
        let stored = Int(header[16]) << 8 | Int(header[17])
        let pageSize = stored == 1 ? 65_536 : stored
        try file.seek(toOffset: 0)
        var isFirst = true
        while let read = try file.read(upToCount: max(1, Self.readBytes / pageSize) * pageSize), !read.isEmpty {
            for start in stride(from: 0, through: read.count - pageSize, by: pageSize) {
                let page = Array(read[read.startIndex + start..<read.startIndex + start + pageSize])
                if Self.holds(page, Self.gap(page, headerAt: isFirst ? 100 : 0), byStart) { return true }
                isFirst = false
            }
        }
        return false
    }

    private static func gap(_ page: [UInt8], headerAt header: Int) -> Range<Int> {
        let isLeaf = [10, 13].contains(page[header])
        // Of what is no page of a tree, what was deleted is overwritten as a whole.
        guard isLeaf || [2, 5].contains(page[header]) else { return 0..<0 }
        let cells = Int(page[header + 3]) << 8 | Int(page[header + 4])
        let content = Int(page[header + 5]) << 8 | Int(page[header + 6])
        let start = header + (isLeaf ? 8 : 12) + 2 * cells
        return start..<min(page.count, max(start, content == 0 ? 65_536 : content))
    }

    private static func holds(_ page: [UInt8], _ gap: Range<Int>, _ byStart: [UInt32: [[UInt8]]]) -> Bool {
        guard gap.count >= 4 else { return false }
        for offset in gap.lowerBound...gap.upperBound - 4 {
            let start = start(page, at: offset)
            // Most of a gap was never written.
            guard start != 0, let values = byStart[start] else { continue }
            if values.contains(where: { page[offset..<gap.upperBound].starts(with: $0) }) { return true }
        }
        return false
    }

    private static func start(_ bytes: [UInt8], at offset: Int) -> UInt32 {
        bytes[offset..<offset + 4].reduce(0) { $0 << 8 | UInt32($1) }
    }
}
