/// The central directory of a ZIP container (APPNOTE.TXT 4.3.12 and 4.3.16), read only to judge the container: what is in
/// an entry is for `unzip` to unpack, within limits of its own.
struct ZipDirectory {
    private(set) var names: Set<[UInt8]> = []

    private static let endLength = 22
    private static let entryLength = 46
    private static let encrypted: UInt16 = 1

    /// The end record must end the file, so that every reader takes the same one; the directory must lie before it.
    init(_ file: [UInt8]) throws(ExtractionError) {
        // An encrypted document, and an old one, is a compound file (MS-CFB).
        if file.starts(with: [0xD0, 0xCF, 0x11, 0xE0]) { throw .wordEncrypted }
        guard let end = Self.endRecord(file) else { throw .notWord }
        func number(_ offset: Int) -> UInt16 { UInt16(file[offset]) | UInt16(file[offset + 1]) << 8 }
        func longNumber(_ offset: Int) -> Int { Int(number(offset)) | Int(number(offset + 2)) << 16 }
        let count = Int(number(end + 10))
        let limit = ExtractionLimits.containerEntries
        guard count <= limit else { throw .tooManyEntries(count: count, limit: limit) }
        guard number(end + 4) == 0, number(end + 6) == 0, Int(number(end + 8)) == count else { throw .notWord }
        var position = longNumber(end + 16)
        guard position + longNumber(end + 12) == end else { throw .notWord }
        for _ in 0..<count {
            guard position + Self.entryLength <= end, file[position...].starts(with: [0x50, 0x4B, 1, 2]) else {
                throw .notWord
            }
            if number(position + 8) & Self.encrypted != 0 { throw .wordEncrypted }
            let name = position + Self.entryLength
            let next = name + Int(number(position + 28)) + Int(number(position + 30)) + Int(number(position + 32))
            guard next <= end else { throw .notWord }
            // Of two entries of one name, readers may take either.
            guard names.insert(Array(file[name..<(name + Int(number(position + 28)))])).inserted else {
                throw .notWord
            }
            position = next
        }
        guard position == end else { throw .notWord }
    }

    private static func endRecord(_ file: [UInt8]) -> Int? {
        guard file.count >= endLength else { return nil }
        let furthest = max(0, file.count - endLength - Int(UInt16.max))
        for position in stride(from: file.count - endLength, through: furthest, by: -1)
        where file[position] == 0x50 && file[position...].starts(with: [0x50, 0x4B, 5, 6]) {
            let comment = Int(file[position + 20]) | Int(file[position + 21]) << 8
            return position + endLength + comment == file.count ? position : nil
        }
        return nil
    }
}
