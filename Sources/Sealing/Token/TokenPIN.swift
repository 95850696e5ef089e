import CSealing
import Foundation

/// The user's PIN: read from its file for one login and wiped after it.
enum TokenPIN {
    /// Gives `body` the PIN of the source's file; what it is given must not outlive it.
    static func withPIN(
        of source: TokenSource, _ body: (UnsafeMutablePointer<CK_UTF8CHAR>, CK_ULONG) throws(TokenFault) -> Void
    ) throws(TokenFault) {
        var text = try contents(of: source)
        let outcome = text.withUnsafeMutableBytes { bytes -> Result<Void, TokenFault> in
            defer { bytes.wipe() }
            let pin = bytes.last == newline ? bytes.dropLast() : bytes[...]
            // A PIN that cannot be right would cost a try.
            guard !pin.isEmpty, !pin.contains(newline), let base = bytes.baseAddress else {
                return .failure(
                    unusable(
                        source, "it must hold the PIN alone, on one line",
                        "write the PIN of the token's user into it"))
            }
            do throws(TokenFault) {
                try body(base.assumingMemoryBound(to: CK_UTF8CHAR.self), CK_ULONG(pin.count))
                return .success(())
            } catch {
                return .failure(error)
            }
        }
        try outcome.get()
    }

    private static let newline = UInt8(ascii: "\n")

    private static func contents(of source: TokenSource) throws(TokenFault) -> Data {
        do {
            return try KeyFile.contents(at: source.pinFile, orMake: nil)
        } catch .missing {
            throw unusable(
                source, "there is no such file",
                "write the PIN of the token's user into it, with mode 600, or correct its path in the settings")
        } catch .exposed(_, let mode) {
            throw unusable(
                source, "it has mode \(mode) and must be a plain file of yours with mode 600",
                "run chmod 600 on it, and change the token's PIN if others could have read it")
        } catch {
            throw .refusal(error)
        }
    }

    private static func unusable(_ source: TokenSource, _ reason: String, _ remedy: String) -> TokenFault {
        .refusal(
            .token(
                what: "cannot use the PIN file \(source.pinFile) of token \"\(source.token)\"", reason: reason,
                remedy: remedy))
    }
}
