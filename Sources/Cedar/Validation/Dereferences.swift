/// What a value may be, for validation at a level: where it comes from, and how many entities were read one after
/// another to get it.
///
/// The rules are those of RFC 76. What the request holds is at level 0. An attribute, tag or ancestor of an entity is
/// one level above the entity; an attribute of a record is at the level of the record. An entity that a policy names
/// by its id cannot be read at any level, since a caller that loads entities level by level starts from the request.
struct Dereferences {
    enum Source {
        /// An entity that the policy names.
        case literal(EntityUID, SourceSpan)
        /// Something that was read from an entity, and the expression that read it.
        case read(level: Int, SourceSpan)
        /// A record that the policy builds.
        case record([CedarString: Dereferences])
    }

    /// One for each value that the branches of `if` lead to, without those that are part of the request.
    var sources: [Source] = []

    static func + (left: Dereferences, right: Dereferences) -> Dereferences {
        Dereferences(sources: left.sources + right.sources)
    }
}

extension TypeChecker {
    /// Reports what lies beyond the maximum level in a value that is used as it is.
    mutating func use(_ value: Dereferences) {
        guard let maximumLevel else { return }
        for source in value.sources {
            switch source {
            case .literal: break
            case .read(let level, let span):
                if level > maximumLevel {
                    reportLevel(.levelExceeded, Self.exceeded(level, maximumLevel), at: span, hint: Self.levelHint)
                }
            case .record(let fields):
                for field in fields.sorted(by: { $0.key < $1.key }) { use(field.value) }
            }
        }
    }

    static func exceeded(_ level: Int, _ maximum: Int) -> String {
        "this needs entities at level \(level); the maximum level is \(maximum)"
    }

    static let levelHint = "the level is the number of entities that are read one after another, from the request on"

    /// What is read from an entity: an attribute, a tag, or whether it is in another.
    mutating func read(_ entity: Dereferences, at span: SourceSpan) -> Dereferences {
        guard maximumLevel != nil else { return Dereferences() }
        var highest = 0
        for source in entity.sources {
            switch source {
            case .record: break
            case .read(let level, _): highest = max(highest, level)
            // The action of the request is part of the request, also where its id is written.
            case .literal(let uid, _) where uid == environment.action: break
            case .literal(let uid, let span):
                reportLevel(
                    .literalDereferenced, "\(uid) is named by its id and cannot be read at any level", at: span,
                    hint: "read an entity of the request, or an attribute that refers to this one")
            }
        }
        return Dereferences(sources: [.read(level: highest + 1, span)])
    }

    /// An attribute of a record. The other attributes of one that the policy builds are used up with it.
    mutating func select(_ name: CedarString, from record: Dereferences) -> Dereferences {
        var selected = Dereferences()
        for source in record.sources {
            guard case .record(let fields) = source else {
                selected.sources.append(source)
                continue
            }
            for field in fields.sorted(by: { $0.key < $1.key }) {
                if field.key == name {
                    selected.sources += field.value.sources
                } else {
                    use(field.value)
                }
            }
        }
        return selected
    }
}
