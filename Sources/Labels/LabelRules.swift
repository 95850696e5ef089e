/// One entry of `rules` in `labels.yaml`: what documents at some paths are.
package struct LabelRule: Sendable {
    /// Line of `labels.yaml` where the rule begins.
    package let line: Int
    package let patterns: [PathPattern]
    package let values: [ByteText: AttributeValue]
    package let parents: Set<EntityReference>
    package let mayLower: MayLower

    /// Which source may put a looser value in place of what the rules say, for which attributes.
    package struct MayLower: Hashable, Sendable {
        package var portionMarks: Set<ByteText>
        package var frontMatter: Set<ByteText>
        package var sidecar: Set<ByteText>

        package init(
            portionMarks: Set<ByteText> = [], frontMatter: Set<ByteText> = [], sidecar: Set<ByteText> = []
        ) {
            self.portionMarks = portionMarks
            self.frontMatter = frontMatter
            self.sidecar = sidecar
        }

        mutating func formUnion(_ other: MayLower) {
            portionMarks.formUnion(other.portionMarks)
            frontMatter.formUnion(other.frontMatter)
            sidecar.formUnion(other.sidecar)
        }
    }

    package init(
        line: Int, patterns: [PathPattern], values: [ByteText: AttributeValue], parents: Set<EntityReference> = [],
        mayLower: MayLower = MayLower()
    ) {
        self.line = line
        self.patterns = patterns
        self.values = values
        self.parents = parents
        self.mayLower = mayLower
    }

    /// The first of the patterns that matches.
    package func pattern(matching path: ByteText) -> PathPattern? {
        patterns.first { $0.matches(path) }
    }
}

/// The rules of `labels.yaml`, and what they say about a document.
package struct LabelRules: Sendable {
    package let scheme: LabelScheme
    package let rules: [LabelRule]
    /// Front matter keys that are no attributes; `title` is one in any case.
    package let metadataKeys: Set<ByteText>

    package init(scheme: LabelScheme, rules: [LabelRule], metadataKeys: Set<ByteText> = []) {
        self.scheme = scheme
        self.rules = rules
        self.metadataKeys = metadataKeys.union(["title"])
    }
}
