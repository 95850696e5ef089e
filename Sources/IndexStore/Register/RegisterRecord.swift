package import Foundation
import Passages

/// What stands in the register of a key store: facts that outlive a restored index.
package protocol RegisterRecord: Codable, Sendable {
    static var kind: RegisterKind { get }
    var id: RegisterID { get }
}

package enum RegisterKind: Int64, Sendable {
    case erasure = 1
    case hold = 2
    case request = 3
    case backup = 4
}

/// Names an entry of the register: 8 random bytes, written as 16 hexadecimal digits.
package struct RegisterID: Hashable, Codable, Sendable, CustomStringConvertible {
    private static let length = 8

    package let bytes: [UInt8]

    package static func random() -> RegisterID {
        RegisterID(bytes: (0..<length).map { _ in .random(in: 0 ... .max) })
    }

    private init(bytes: [UInt8]) { self.bytes = bytes }

    /// nil where the text is not 16 hexadecimal digits.
    package init?(_ text: String) {
        guard let bytes = Hexadecimal.bytes(text, count: Self.length) else { return nil }
        self.bytes = bytes
    }

    package var description: String { Hexadecimal.text(bytes) }

    package init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        guard let id = RegisterID(text) else {
            throw DecodingError.dataCorrupted(.init(codingPath: decoder.codingPath, debugDescription: "no register id"))
        }
        self = id
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

/// What an erasure or a legal hold is about.
package enum RecordScope: Hashable, Sendable {
    /// A document, by its id.
    case document(String)
    /// A person, by the token that labels name him by.
    case subject(String)
    /// Documents that bear an earlier date; milliseconds since 1970.
    case olderThan(Int64)
    /// Documents that have outlived a rule of retention.
    case retention
}

extension RecordScope: Codable {
    private enum Kind: String, Codable { case document, subject, olderThan = "older_than", retention }
    private enum CodingKeys: String, CodingKey { case kind, id, token, before }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        switch try container.decode(Kind.self, forKey: .kind) {
        case .document: self = .document(try container.decode(String.self, forKey: .id))
        case .subject: self = .subject(try container.decode(String.self, forKey: .token))
        case .olderThan: self = .olderThan(try container.decode(Int64.self, forKey: .before))
        case .retention: self = .retention
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        switch self {
        case .document(let id):
            try container.encode(Kind.document, forKey: .kind)
            try container.encode(id, forKey: .id)
        case .subject(let token):
            try container.encode(Kind.subject, forKey: .kind)
            try container.encode(token, forKey: .token)
        case .olderThan(let instant):
            try container.encode(Kind.olderThan, forKey: .kind)
            try container.encode(instant, forKey: .before)
        case .retention: try container.encode(Kind.retention, forKey: .kind)
        }
    }
}

extension RecordScope: CustomStringConvertible {
    package var description: String {
        switch self {
        case .document(let id): "document \(id)"
        case .subject(let token): "subject \(token)"
        case .olderThan(let instant): "documents dated before \(Date(milliseconds: instant).ISO8601Format())"
        case .retention: "documents that have outlived their retention"
        }
    }
}

extension Date {
    package init(milliseconds: Int64) { self.init(timeIntervalSince1970: Double(milliseconds) / 1000) }
    package var milliseconds: Int64 { Int64((timeIntervalSince1970 * 1000).rounded(.down)) }
}
