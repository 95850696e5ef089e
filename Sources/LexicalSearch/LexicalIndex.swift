/// Words of passages, found by BM25 over those passages alone that a plan permits.
///
/// A value: a reader keeps the generation that it has while a writer makes the next one. Copying costs O(rows / 1024);
/// no change copies a posting. It holds no texts, but what tells about them: memory of postings and terms is wiped when
/// the last generation that uses it goes.
package struct LexicalIndex: Sendable {
    /// Passages indexed together, and where they are now.
    struct Part: Sendable {
        let segment: Segment
        var partitions: RowPartitions
        /// Rows that were removed.
        var removed = 0
        /// Rows that were removed or moved since the segment was made.
        var changed = 0

        var count: Int { segment.count - removed }

        /// Puts rows that are there into other partitions, or away.
        mutating func set(_ changes: [(row: Int, partition: Int32)]) {
            partitions.set(changes)
            changed += changes.count
            removed += changes.count { $0.partition == RowPartitions.removed }
        }
    }

    var parts: [Part] = []
    /// Compactions that were put in their place.
    var compactions = 0

    package init() {}

    /// An index of everything that some builders took in, each on its own thread; of a document that several have, the
    /// last one counts.
    package init(_ builders: [LexicalIndexBuilder]) {
        append(builders.map(\.records))
    }

    /// Puts in what a builder took in, in the place of documents with the same key: who reads a corpus in parts while it
    /// changes may come upon one twice.
    package mutating func append(_ builder: LexicalIndexBuilder) {
        remove(builder.records.documents)
        append([builder.records])
    }

    /// What its memory belongs to: it is let go of with the last generation that uses it.
    package var segments: [any AnyObject & Sendable] { parts.map(\.segment) }

    /// The number of passages.
    package var count: Int { parts.reduce(0) { $0 + $1.count } }

    /// The memory of its segments, in bytes.
    package var byteCount: Int { parts.reduce(0) { $0 + $1.segment.byteCount } }

    /// The number of segments, which `compaction` lowers.
    var segmentCount: Int { parts.count }

    /// Puts documents in, in the place of those with the same key. Tokenises their texts; many at once make one
    /// segment. Of documents with one key the last one counts.
    package mutating func insert(_ documents: [LexicalDocument]) {
        var builder = LexicalIndexBuilder()
        for document in documents { builder.append(document) }
        append(builder)
    }

    /// Removes documents, those that are there. Their postings go with the next compaction of their segment.
    package mutating func remove(_ documents: [LexicalKey]) {
        var changes: [Int: [(row: Int, partition: Int32)]] = [:]
        for document in Set(documents) {
            guard let (part, rows) = rows(of: document) else { continue }
            changes[part, default: []] += rows.map { (Int($0), RowPartitions.removed) }
        }
        for (part, changes) in changes { parts[part].set(changes) }
        parts.removeAll { $0.count == 0 }
    }

    /// Puts the passages of documents into other partitions, which are given in the order of each one's passages. Nothing
    /// is tokenised. Many at once cost less than one by one.
    ///
    /// - Returns: The documents that are not there with as many passages. They are as they were.
    @discardableResult
    package mutating func relabel(
        _ documents: [(document: LexicalKey, partitions: [Int32])]
    ) -> [LexicalKey] {
        var changes: [Int: [(row: Int, partition: Int32)]] = [:]
        var unknown: [LexicalKey] = []
        for (document, partitions) in documents {
            precondition(partitions.allSatisfy { $0 >= 0 }, "a partition's number is not negative")
            guard let (part, rows) = rows(of: document), rows.count == partitions.count else {
                unknown.append(document)
                continue
            }
            for (row, partition) in zip(rows, partitions) where parts[part].partitions[Int(row)] != partition {
                changes[part, default: []].append((Int(row), partition))
            }
        }
        for (part, changes) in changes { parts[part].set(changes) }
        return unknown
    }

    package mutating func insert(_ document: LexicalDocument) { insert([document]) }

    package mutating func remove(_ document: LexicalKey) { remove([document]) }

    /// The same for one document.
    ///
    /// - Returns: Whether it is there with as many passages.
    @discardableResult
    package mutating func relabel(_ document: LexicalKey, partitions: [Int32]) -> Bool {
        relabel([(document: document, partitions: partitions)]).isEmpty
    }

    private mutating func append(_ records: [PassageRecords]) {
        var builder = SegmentBuilder(records)
        guard let (segment, partitions) = builder.segment() else { return }
        parts.append(Part(segment: segment, partitions: RowPartitions(partitions)))
    }

    /// The part in which a document is, and its rows in the order of its passages.
    private func rows(of document: LexicalKey) -> (part: Int, rows: ArraySlice<UInt32>)? {
        for (number, part) in parts.enumerated() {
            guard let rows = part.segment.documents.rows(of: document), let first = rows.first,
                part.partitions[Int(first)] != RowPartitions.removed
            else { continue }
            return (number, rows)
        }
        return nil
    }
}

/// Takes documents in, one by one, for one index: as many as there are, for it holds no texts. One instance is for one
/// thread; several can work beside each other.
package struct LexicalIndexBuilder {
    let records = PassageRecords()
    private let analyzer = LexicalAnalyzer()

    package init() {}

    package mutating func append(_ document: LexicalDocument) { records.append(document, by: analyzer) }
}
