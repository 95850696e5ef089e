import ArgumentParser
import Foundation
import QueryService

/// Who asks for an action that policies decide about.
struct IdentityArguments: ParsableArguments {
    @Option(
        name: .customLong("as"),
        help: ArgumentHelp("Who asks, by name (development only).", valueName: "person"))
    var person: String?
    @Option(help: ArgumentHelp("Who asks: a file with a bearer token, - for standard input.", valueName: "file"))
    var tokenFile: String?
    @Option(help: "The purpose of use. May be left out by those who have only one.") var purpose: String?

    func validate() throws {
        guard (person == nil) != (tokenFile == nil) else {
            throw ValidationError("say who asks: --as <person> in development, or --token-file <file>")
        }
    }

    func identity() throws -> ControlCommand.Identity {
        if let person { return .person(person) }
        let data =
            tokenFile == "-"
            ? FileHandle.standardInput.readDataToEndOfFile() : FileManager.default.contents(atPath: tokenFile ?? "")
        guard let data else { throw UnreadableToken(path: tokenFile ?? "") }
        return .token(String(decoding: data, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines))
    }
}

struct UnreadableToken: Error, CustomStringConvertible {
    let path: String

    var description: String { "cannot read a token from \(path); name a file that holds one, or - for standard input" }
}
