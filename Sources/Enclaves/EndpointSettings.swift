package import Foundation

/// An embedding endpoint as `embedding.endpoint` describes it. There is none whose destination `egress.allow` lacks.
package struct EndpointSettings: Hashable, Sendable {
    package let url: EndpointURL
    /// As the endpoint names it, in requests and in answers.
    package let model: String
    package let dimension: Int
    package let maximumTokens: Int
    package let keyFile: URL?
    package let certificateAuthority: URL?
    package let timeoutSeconds: Int
    package let textsPerRequest: Int
    /// Whether the endpoint's owner warrants that a vector does not depend on what is computed beside it.
    package let isBatchInvariant: Bool
}

/// The base of an endpoint's API: `https://models.example/v1`.
///
/// Read by a grammar of its own, narrower than any URL library's, and written out again from its parts, so that what
/// was checked and what is connected to cannot be two things.
package struct EndpointURL: Hashable, Sendable {
    package let isEncrypted: Bool
    package let destination: NetworkDestination
    /// Empty, or begins with a slash and does not end with one.
    package let path: String

    /// Takes `http` or `https`, a host, a port where it is not 80 or 443, and a path of plain names.
    package init?(parsing text: String) {
        guard let scheme = ["https://", "http://"].first(where: { text.utf8.starts(with: $0.utf8) }) else { return nil }
        isEncrypted = scheme == "https://"
        let rest = text.utf8.dropFirst(scheme.utf8.count)
        let slash = rest.firstIndex(of: UInt8(ascii: "/")) ?? rest.endIndex
        let (authority, path) = (String(rest[..<slash]) ?? "", String(rest[slash...]) ?? "")
        let standardPort = isEncrypted ? "443" : "80"
        let given = NetworkDestination(parsing: authority) ?? NetworkDestination(host: authority, port: standardPort)
        guard let given, Self.isPlain(path) else { return nil }
        destination = given
        self.path = path
    }

    /// The URL of one of the API's resources.
    package func resource(_ name: String) -> String {
        "\(isEncrypted ? "https" : "http")://\(destination)\(path)/\(name)"
    }

    /// Names of letters, digits, `-`, `_`, `~` and `.`, none of them empty, `.` or `..`.
    private static func isPlain(_ path: String) -> Bool {
        let names = path.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).dropFirst()
        return names.allSatisfy { name in
            name.contains { $0 != UInt8(ascii: ".") }
                && name.allSatisfy { byte in
                    switch byte {
                    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
                    default: "-_~.".utf8.contains(byte)
                    }
                }
        }
    }
}
