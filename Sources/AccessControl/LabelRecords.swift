import Cedar
import Labels
import Synchronization

/// Labels as the resources that policies are decided on: checked against the schema, their values numbered. Made once
/// for each label, not for each request.
final class LabelRecords: Sendable {
    struct Block: Sendable {
        let source: LabelTable.Block
        /// Those of the labels that are as the schema says. The others have no attributes here.
        let conforming: UInt64
        let resources: ResourceBlock
    }

    let interner: ResourceInterner
    private let conformance: Conformance
    private let known = Mutex<[Block]>([])

    init(plan: PolicyPlan, schema: Schema, entities: Entities) {
        interner = ResourceInterner(plan: plan, type: LabelEntity.type, entities: entities)
        conformance = Conformance(schema: schema)
    }

    /// The records of a table's labels, block by block. Those that were made before are found again.
    func blocks(of table: LabelTable) throws(EntityError) -> [Block] {
        var blocks = known.withLock { $0 }
        var isNew = blocks.count < table.blocks.count
        for (position, source) in table.blocks.enumerated() {
            if position < blocks.count {
                if blocks[position].source === source { continue }
                blocks[position] = try block(source, after: blocks[position])
                isNew = true
            } else {
                blocks.append(try block(source, after: nil))
            }
        }
        blocks.removeLast(blocks.count - table.blocks.count)
        if isNew {
            let made = blocks
            // An older table, whose reader is not done yet, takes nothing away from the newest.
            known.withLock { if made.count >= $0.count { $0 = made } }
        }
        return blocks
    }

    private func block(_ source: LabelTable.Block, after old: Block?) throws(EntityError) -> Block {
        let kept = old.flatMap { source.extends($0.source) ? $0 : nil }
        let start = kept?.resources.count ?? 0
        var conforming = kept?.conforming ?? 0
        var resources: [Entity] = []
        for row in start..<source.ids.count {
            let entity = LabelEntity.entity(of: source.labels[row])
            if (try? conformance.check(entity)) != nil {
                conforming |= 1 << UInt64(row)
                resources.append(entity)
            } else {
                resources.append(Entity(uid: LabelEntity.uid))
            }
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
