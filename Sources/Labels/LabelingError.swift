/// Why a document gets no label, and so is set aside.
///
/// Names the attribute, the source and what to do. It never holds text of a document: of what a document says about
/// itself it shows no more than the name of an attribute.
package struct LabelingError: Error, Hashable, Sendable {
    package enum Reason: Hashable, Sendable {
        case noRuleMatches
        case unknownAttribute
        /// Nothing gave a value to an attribute that the schema requires.
        case missing
        /// Only the document itself gave the value, and nothing allows it to.
        case givenByDocumentAlone
        case wrongType(expected: AttributeType)
        case notInOrder([ByteText])
        /// Two sources disagree about an attribute whose join is `same`.
        case disagreement
        /// The join does not fit values of this type.
        case joinMismatch
        /// A portion mark begins at this byte of its block and is not closed, or has an empty part.
        case malformedMark(offset: Int)
        /// A portion mark begins at this byte of its block and names a category or control that is on no closed list.
        case unknownMarkToken(offset: Int)
    }

    package let reason: Reason
    package let attribute: ByteText?
    package let source: LabelSource?

    package init(_ reason: Reason, attribute: ByteText? = nil, source: LabelSource? = nil) {
        self.reason = reason
        self.attribute = attribute
        self.source = source
    }

    func about(_ attribute: ByteText, from source: LabelSource? = nil) -> LabelingError {
        LabelingError(reason, attribute: self.attribute ?? attribute, source: self.source ?? source)
    }
}

extension LabelingError: CustomStringConvertible {
    package var description: String {
        let place = source.map { "\($0): " } ?? ""
        let name = attribute.map { "`\(Self.shown($0))`" } ?? "an attribute"
        return switch reason {
        case .noRuleMatches:
            "no rule of labels.yaml matches its path; add a rule that says what documents there are"
        case .unknownAttribute:
            "\(place)\(name) is not an attribute of labels.yaml; correct its name, or list it under front_matter.metadata"
        case .missing:
            "no source gives \(name), which the schema requires; set it in a rule of labels.yaml"
        case .givenByDocumentAlone:
            "\(place)no rule gives \(name), and a document must not choose it for itself; set it in a rule of labels.yaml "
                + "or allow this source under may_lower"
        case .wrongType(let expected):
            "\(place)the value of \(name) is not \(expected)"
        case .notInOrder(let order):
            "\(place)the value of \(name) is none of \(order.map(\.string).joined(separator: ", "))"
        case .disagreement:
            "\(place)\(name) differs from what another source says, and its join is `same`; make them agree"
        case .joinMismatch:
            "\(place)the join of \(name) does not fit its values; correct its declaration in labels.yaml"
        case .malformedMark(let offset):
            "the portion mark at byte \(offset) of its block is not closed or has an empty part; write it like "
                + "(LEVEL//CATEGORY/CATEGORY//CONTROL)"
        case .unknownMarkToken(let offset):
            "the portion mark at byte \(offset) of its block names a category or control that the schema does not list; "
                + "correct the mark, or add it to the schema"
        }
    }

    /// The name, unless it is long or looks like prose.
    private static func shown(_ name: ByteText) -> String {
        let isName =
            name.bytes.count <= 64
            && name.bytes.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
                    true
                default: false
                }
            }
        return isName ? name.string : "…"
    }
}

extension AttributeType: CustomStringConvertible {
    package var description: String {
        switch self {
        case .bool: "true or false"
        case .long: "a whole number"
        case .string: "text"
        case .entity(let type): "an id of \(type)"
        case .datetime: "a date (2026-11-21 or 2026-11-21T08:30:00Z)"
        case .set(let element): "a list whose items are each \(element)"
        }
    }
}

extension AttributeType {
    /// Whether `value` is of this type.
    package func accepts(_ value: AttributeValue) -> Bool {
        switch (self, value) {
        case (.bool, .bool), (.long, .long), (.string, .string), (.datetime, .datetime): true
        case (.entity(let type), .entity(let reference)): type == reference.type
        case (.set(let element), .set(let members)): members.allSatisfy(element.accepts)
        default: false
        }
    }
}
