/// A store of entities with their ancestors.
///
/// INVARIANT (closure): the ancestors of every record are its parents and all of their ancestors, and no record is its
/// own ancestor. The initialiser and `adding` uphold it.
///
/// The records live in a shared base and a small overlay, so that adding one entity to a large store copies little.
public struct Entities: Sendable {
    /// What the store knows of an entity.
    public final class Record: Sendable {
        public let entity: Entity
        /// Everything above the entity, not itself.
        public let ancestors: Set<EntityUID>

        init(entity: Entity, ancestors: Set<EntityUID>) {
            self.entity = entity
            self.ancestors = ancestors
        }

        public var attributes: [CedarString: Value] { entity.attributes }
        public var tags: [CedarString: Value] { entity.tags }
    }

    private final class Base: Sendable {
        let records: [EntityUID: Record]
        /// Entities that are above others without being in the store.
        let absent: Set<EntityUID>

        init(records: [EntityUID: Record], absent: Set<EntityUID>) {
            self.records = records
            self.absent = absent
        }
    }

    private var base: Base
    private var overlay: [EntityUID: Record] = [:]

    /// The size from which an overlay becomes part of a new base.
    private static let overlayLimit = 64

    /// The empty store.
    public init() {
        base = Base(records: [:], absent: [])
    }

    /// Takes time in the number of entities and of their ancestors. The same entity may be given twice only if both
    /// are the same in everything.
    public init(_ entities: some Sequence<Entity>) throws(EntityError) {
        var byUID: [EntityUID: Entity] = [:]
        for entity in entities {
            if let known = byUID.updateValue(entity, forKey: entity.uid), known != entity {
                throw .duplicate(entity.uid)
            }
        }
        base = try Self.close(byUID)
    }

    /// How many entities there are.
    public var count: Int { base.records.count + overlay.count }

    /// What is known of an entity.
    public func record(of uid: EntityUID) -> Record? {
        if !overlay.isEmpty, let record = overlay[uid] { return record }
        return base.records[uid]
    }

    /// Whether `uid` is `group` or below it. Every entity is in itself, also one that is not in the store.
    public func isEntity(_ uid: EntityUID, in group: EntityUID) -> Bool {
        uid == group || record(of: uid)?.ancestors.contains(group) ?? false
    }

    /// All records, in no particular order.
    public var records: [Record] { Array(base.records.values) + overlay.values }

    /// The store with more entities, which are not in it yet.
    ///
    /// Entities below which the store has nothing cost time in their own ancestors only; one that others already name
    /// as their parent makes the closure be computed anew.
    public func adding(_ more: some Sequence<Entity>) throws(EntityError) -> Entities {
        var fresh: [EntityUID: Entity] = [:]
        for entity in more {
            if let known = record(of: entity.uid)?.entity ?? fresh[entity.uid], known != entity {
                throw .duplicate(entity.uid)
            }
            if record(of: entity.uid) == nil { fresh[entity.uid] = entity }
        }
        if fresh.isEmpty { return self }
        let touchesClosure = fresh.keys.contains { uid in
            base.absent.contains(uid) || overlay.values.contains { $0.ancestors.contains(uid) }
        }
        if touchesClosure || overlay.count + fresh.count > Self.overlayLimit {
            var all = base.records.mapValues(\.entity)
            for record in overlay.values { all[record.entity.uid] = record.entity }
            all.merge(fresh) { known, _ in known }
            var result = self
            result.overlay = [:]
            result.base = try Self.close(all)
            return result
        }
        var result = self
        let closed = try Self.ancestors(of: fresh) { record(of: $0)?.ancestors }
        for (uid, entity) in fresh {
            result.overlay[uid] = Record(entity: entity, ancestors: closed[uid] ?? [])
        }
        return result
    }

    /// The record that an entity would have in the store, without adding it.
    ///
    /// - Throws: `duplicate` where the store has the entity, or something below it.
    func record(adding entity: Entity) throws(EntityError) -> Record {
        let isNamed = base.absent.contains(entity.uid) || overlay.values.contains { $0.ancestors.contains(entity.uid) }
        guard record(of: entity.uid) == nil, !isNamed else { throw .duplicate(entity.uid) }
        var ancestors = entity.parents
        for parent in entity.parents {
            if let above = record(of: parent)?.ancestors { ancestors.formUnion(above) }
        }
        guard !ancestors.contains(entity.uid) else { throw .cycle(entity.uid) }
        return Record(entity: entity, ancestors: ancestors)
    }

    private static func close(_ entities: [EntityUID: Entity]) throws(EntityError) -> Base {
        let closed = try ancestors(of: entities) { _ in nil }
        var records: [EntityUID: Record] = [:]
        records.reserveCapacity(entities.count)
        var absent: Set<EntityUID> = []
        for (uid, entity) in entities {
            records[uid] = Record(entity: entity, ancestors: closed[uid] ?? [])
            for parent in entity.parents where entities[parent] == nil { absent.insert(parent) }
        }
        return Base(records: records, absent: absent)
    }

    /// The ancestors of each entity, by depth-first search with a stack of its own; `known` answers for entities that
    /// were closed before.
    private static func ancestors(
        of entities: [EntityUID: Entity], known: (EntityUID) -> Set<EntityUID>?
    ) throws(EntityError) -> [EntityUID: Set<EntityUID>] {
        var done: [EntityUID: Set<EntityUID>] = [:]
        done.reserveCapacity(entities.count)
        var open: Set<EntityUID> = []
        var total = 0
        for start in entities.keys where done[start] == nil {
            var stack = [start]
            while let uid = stack.last {
                guard done[uid] == nil, let entity = entities[uid] else {
                    stack.removeLast()
                    continue
                }
                if open.insert(uid).inserted {
                    for parent in entity.parents where entities[parent] != nil && done[parent] == nil {
                        guard !open.contains(parent) else { throw .cycle(parent) }
                        stack.append(parent)
                    }
                    if stack.last != uid { continue }
                }
                var ancestors = entity.parents
                for parent in entity.parents {
                    if let above = done[parent] ?? known(parent) { ancestors.formUnion(above) }
                }
                guard !ancestors.contains(uid) else { throw .cycle(uid) }
                total += ancestors.count
                guard total <= Limits.entityAncestors else { throw .tooManyAncestors(limit: Limits.entityAncestors) }
                done[uid] = ancestors
                open.remove(uid)
                stack.removeLast()
            }
        }
        return done
    }
}
