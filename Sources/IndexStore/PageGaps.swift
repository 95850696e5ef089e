import Foundation

/// The space between the pointers to the cells of a page and its cells (the SQLite file format, section 1.6).
///
/// `secure_delete` overwrites a cell that is deleted, but where SQLite moved it to another page before, a copy may be left
/// in such a gap.
struct PageGaps {
    private static let readBytes = 4 << 20
    /// Before the header of the first page.
    private static let fileHeader = 100

    private let path: String

    /// - Parameter path: Of a SQLite file whose log is empty.
    init(path: String) { self.path = path }

    /// Whether one of these values stands in a gap. O(size of the file).
    ///
    /// - Parameter values: Those of less than four bytes, which no record of ours has, are passed over.
    func hold(anyOf values: [Data]) throws -> Bool {
        let values = values.filter { $0.count >= MemoryLayout<UInt32>.size }
        guard !values.isEmpty else { return false }
        let byStart = Dictionary(grouping: values) { value in
            value.withUnsafeBytes { $0.loadUnaligned(as: UInt32.self) }
        }
        let file = try FileHandle(forReadingFrom: URL(filePath: path))
        defer { try? file.close() }
        guard let header = try file.read(upToCount: 18), header.count == 18 else { return false }
        let stored = Int(header[16]) << 8 | Int(header[17])
        let pageSize = stored == 1 ? 65_536 : stored
        try file.seek(toOffset: 0)
        var offset = 0
        while let read = try file.read(upToCount: max(1, Self.readBytes / pageSize) * pageSize), !read.isEmpty {
            let isFound = read.withUnsafeBytes { bytes in
                stride(from: 0, through: bytes.count - pageSize, by: pageSize).contains { start in
                    let page = UnsafeRawBufferPointer(rebasing: bytes[start..<start + pageSize])
                    let header = offset + start == 0 ? Self.fileHeader : 0
                    return Self.holds(page, Self.gap(page, headerAt: header), byStart)
                }
            }
            if isFound { return true }
            offset += read.count
        }
        return false
    }

    /// Of a page that is none of a tree, nothing: what was deleted there is overwritten as a whole.
    private static func gap(_ page: UnsafeRawBufferPointer, headerAt header: Int) -> Range<Int> {
        let isLeaf = [10, 13].contains(page[header])
        guard isLeaf || [2, 5].contains(page[header]) else { return 0..<0 }
        let cells = Int(page[header + 3]) << 8 | Int(page[header + 4])
        let content = Int(page[header + 5]) << 8 | Int(page[header + 6])
        let start = min(page.count, header + (isLeaf ? 8 : 12) + 2 * cells)
        return start..<min(page.count, max(start, content == 0 ? 65_536 : content))
    }

    private static func holds(
        _ page: UnsafeRawBufferPointer, _ gap: Range<Int>, _ byStart: [UInt32: [Data]]
    ) -> Bool {
        guard gap.count >= 4 else { return false }
        // Most of a gap was never written.
        let mayStartWithZero = byStart[0] != nil
        for offset in gap.lowerBound...gap.upperBound - 4 {
            let start = page.loadUnaligned(fromByteOffset: offset, as: UInt32.self)
            guard start != 0 || mayStartWithZero, let values = byStart[start] else { continue }
            if values.contains(where: { page[offset..<gap.upperBound].starts(with: $0) }) { return true }
        }
        return false
    }
}
