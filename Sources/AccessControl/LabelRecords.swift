import Cedar
import Labels
import Synchronization

/// Labels as the resources that policies are decided on: checked against the schema, their values numbered. Made once
/// for each label, not for each request.
final class LabelRecords: Sendable {
    final class Block: Sendable {
        let source: LabelTable.Block
        /// Those of the labels that are as the schema says. The others have no attributes here.
        let conforming: UInt64
        let resources: ResourceBlock

        init(source: LabelTable.Block, conforming: UInt64, resources: ResourceBlock) {
            self.source = source
            self.conforming = conforming
            self.resources = resources
        }
    }

    let interner: ResourceInterner
    private let conformance: Conformance
    private let isInDocument: Bool
    private let known = Mutex<[Block]>([])

    init(plan: PolicyPlan, schema: Schema, entities: Entities) {
        interner = ResourceInterner(plan: plan, type: LabelEntity.type, entities: entities)
        conformance = Conformance(schema: schema)
        isInDocument = schema.entityType(LabelEntity.type)?.ancestors.contains(LabelEntity.documentType) ?? false
    }

    /// The label as a resource; nil for one that is not as the schema says.
    func resource(of label: Label) -> Entity? {
        let entity = LabelEntity.entity(of: label, isInDocument: isInDocument)
        return (try? conformance.check(entity)) == nil ? nil : entity
    }

    /// Makes the records that a table's labels lack.
    func prepare(_ table: LabelTable) throws(EntityError) {
        // What two tables share stands at their beginning (LabelTable, prefix).
        let first = known.withLock { known in
            var first = min(known.count, table.blocks.count)
            while first > 0, known[first - 1].source !== table.blocks[first - 1] { first -= 1 }
            return first
        }
        _ = try blocks(of: table, from: first)
    }

    /// The records of a table's labels from a block on. Those that were made before are found again.
    func blocks(of table: LabelTable, from first: Int) throws(EntityError) -> [Block] {
        try known.withLock { known throws(EntityError) in
            var blocks: [Block] = []
            // An older table, whose reader is not done yet, takes nothing away from the newest.
            let isNewest = table.blocks.count >= known.count
            let first = min(first, table.blocks.count)
            for position in min(first, known.count)..<table.blocks.count {
                let source = table.blocks[position]
                let old = position < known.count ? known[position] : nil
                let block = if let old, old.source === source { old } else { try self.block(source, after: old) }
                if position == known.count {
                    known.append(block)
                } else if isNewest {
                    known[position] = block
                }
                if position >= first { blocks.append(block) }
            }
            return blocks
        }
    }

    private func block(_ source: LabelTable.Block, after old: Block?) throws(EntityError) -> Block {
        let kept = old.flatMap { source.extends($0.source) ? $0 : nil }
        let start = kept?.resources.count ?? 0
        var conforming = kept?.conforming ?? 0
        var resources: [Entity] = []
        for row in start..<source.ids.count {
            let resource = resource(of: source.labels[row])
            if resource != nil { conforming |= 1 << UInt64(row) }
            resources.append(resource ?? Entity(uid: LabelEntity.uid))
        }
        let block =
            if let kept {
                try interner.block(kept.resources, adding: resources)
            } else {
                try interner.block(resources)
            }
        return Block(source: source, conforming: conforming, resources: block)
    }
}
