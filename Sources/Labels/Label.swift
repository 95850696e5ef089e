/// The whole set of attributes that a policy may read about a passage.
///
/// Two labels are equal when their canonical bytes are; the index keeps one `LabelID` for each distinct label, and
/// policies are decided once for each of them (rule 1, decide before touching).
package struct Label: Sendable {
    /// By attribute name. An attribute that no source gave and that the schema calls optional is not there.
    package let attributes: [ByteText: AttributeValue]

    /// Entities that the passage is `in` (a project, a contract), set by path rules alone.
    package let parents: Set<EntityReference>

    /// What equality, order and digests are made of.
    package let canonicalBytes: [UInt8]

    package init(attributes: [ByteText: AttributeValue], parents: Set<EntityReference> = []) {
        self.attributes = attributes
        self.parents = parents
        var bytes: [UInt8] = []
        bytes.appendBigEndian(UInt32(attributes.count))
        for (name, value) in attributes.sorted(by: { $0.key < $1.key }) {
            bytes.append(text: name)
            bytes += value.canonicalBytes
        }
        bytes += AttributeValue.set(Set(parents.map { .entity($0) })).canonicalBytes
        canonicalBytes = bytes
    }

    /// Reads a label back from its canonical bytes.
    package init(canonicalBytes: [UInt8]) throws(MalformedLabel) {
        var reader = CanonicalReader(canonicalBytes)
        var attributes: [ByteText: AttributeValue] = [:]
        for _ in 0..<(try reader.count()) {
            let name = try reader.text()
            attributes[name] = try reader.value()
        }
        var parents: Set<EntityReference> = []
        guard case .set(let members) = try reader.value() else { throw MalformedLabel(offset: 0) }
        for member in members {
            guard case .entity(let reference) = member else { throw MalformedLabel(offset: 0) }
            parents.insert(reference)
        }
        guard reader.isAtEnd else { throw MalformedLabel(offset: canonicalBytes.count) }
        self.init(attributes: attributes, parents: parents)
        guard self.canonicalBytes == canonicalBytes else { throw MalformedLabel(offset: 0) }
    }
}

extension Label: Hashable {
    package static func == (left: Label, right: Label) -> Bool {
        left.canonicalBytes == right.canonicalBytes
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(words: canonicalBytes)
    }
}

/// The number under which an index keeps a distinct label. It never leaves the process.
package struct LabelID: Hashable, Comparable, Sendable {
    package let rawValue: Int64

    package init(_ rawValue: Int64) {
        self.rawValue = rawValue
    }

    package static func < (left: LabelID, right: LabelID) -> Bool { left.rawValue < right.rawValue }
}

/// A keyed digest of a label's canonical bytes, 32 bytes: orders labels in the same way whatever else an index holds.
package struct LabelDigest: Hashable, Comparable, Sendable {
    package let bytes: [UInt8]

    package init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    package static func < (left: LabelDigest, right: LabelDigest) -> Bool {
        left.bytes.lexicographicallyPrecedes(right.bytes)
    }
}
