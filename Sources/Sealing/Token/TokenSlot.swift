import CSealing
import Synchronization

/// A slot with an initialised token in it, as the module describes it.
struct TokenSlot {
    let id: CK_SLOT_ID
    let label: String
    let serial: String
    let model: String
    let flags: CK_FLAGS
}

extension TokenModule {
    /// The library, as it calls itself, with its version.
    func library() throws(TokenFault) -> String {
        var info = CK_INFO()
        try call("C_GetInfo") { $0.C_GetInfo?(&info) }
        return "\(text(info.libraryDescription)) \(info.libraryVersion.major).\(info.libraryVersion.minor)"
    }

    /// The slots that hold an initialised token, and what the others answered that should have said so.
    func slots() throws(TokenFault) -> (found: [TokenSlot], faults: [TokenFault]) {
        var slots: [TokenSlot] = []
        var faults: [TokenFault] = []
        for id in try slotIDs() {
            var info = CK_TOKEN_INFO()
            do throws(TokenFault) {
                try call("C_GetTokenInfo") { $0.C_GetTokenInfo?(id, &info) }
            } catch .answer(CKR_TOKEN_NOT_PRESENT, _), .answer(CKR_TOKEN_NOT_RECOGNIZED, _) {
                continue
            } catch {
                // A broken token must not be in the way of the others.
                faults.append(error)
                continue
            }
            guard info.flags & CKF_TOKEN_INITIALIZED != 0 else { continue }
            slots.append(
                TokenSlot(
                    id: id, label: text(info.label), serial: text(info.serialNumber), model: text(info.model),
                    flags: info.flags))
        }
        return (slots, faults)
    }

    /// The slot of the one token that has the source's label.
    func slot(of source: TokenSource) throws(TokenFault) -> TokenSlot {
        let (slots, faults) = try slots()
        let named = slots.filter { $0.label == source.token }
        if named.count == 1 { return named[0] }
        guard named.isEmpty else {
            let serials = named.map(\.serial).sorted().joined(separator: ", ")
            throw .refusal(
                .token(
                    what: "cannot tell which token \"\(source.token)\" is in the module \(path)",
                    reason: "\(named.count) tokens have this label, with the serial numbers \(serials)",
                    remedy: "give each a label of its own"))
        }
        let labels = slots.map { "\"\($0.label)\"" }.sorted().joined(separator: ", ")
        let silent = faults.first.map { ", and \(faults.count) more cannot be looked into (\($0))" } ?? ""
        throw .refusal(
            .token(
                what: "there is no token \"\(source.token)\" in the module \(path)",
                reason: (slots.isEmpty ? "it shows no token" : "it shows the tokens \(labels)") + silent,
                remedy: "connect or initialise the token, or correct its label in the settings"))
    }

    private func slotIDs() throws(TokenFault) -> [CK_SLOT_ID] {
        try listing.withLock { _ throws(TokenFault) in
            var count: CK_ULONG = 0
            try call("C_GetSlotList") { $0.C_GetSlotList?(1, nil, &count) }
            // A token may be put in between the two calls.
            count += 8
            var ids = [CK_SLOT_ID](repeating: 0, count: Int(count))
            try call("C_GetSlotList") { $0.C_GetSlotList?(1, &ids, &count) }
            return Array(ids.prefix(Int(count)))
        }
    }
}

/// A field of fixed length: UTF-8, padded with blanks. Some modules pad with zero bytes.
private func text<Field>(_ field: Field) -> String {
    withUnsafeBytes(of: field) { bytes in
        let end = bytes.lastIndex { $0 != 0x20 && $0 != 0 }.map { $0 + 1 } ?? 0
        return String(decoding: bytes[..<end], as: UTF8.self)
    }
}
