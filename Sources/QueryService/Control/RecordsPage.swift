import Enclaves
import Foundation
import IndexStore

/// Erasures, requests and holds for people.
struct RecordsPage {
    let register: Register
    let now: Int64

    struct ErasureList: Encodable {
        let erasures: [Erasure]
        let waiting: [PendingRequest]
    }

    struct HoldList: Encodable {
        let holds: [LegalHold]
    }

    var list: ErasureList {
        ErasureList(
            erasures: register.erasures.values.sorted { $0.time < $1.time },
            waiting: register.requests.values.filter { $0.isValid(at: now) }.sorted { $0.time < $1.time })
    }

    var heldList: HoldList { HoldList(holds: register.holds.values.sorted { $0.time < $1.time }) }

    var erasures: String {
        let list = list
        var text = list.erasures.isEmpty ? "nothing was erased\n" : ""
        if !list.erasures.isEmpty {
            text +=
                TextTable.lines(
                    [["ERASURE", "WHEN", "DOCUMENTS", "BY", "REASON"]]
                        + list.erasures.map {
                            [
                                "\($0.id)", Self.time($0.time), "\($0.documents.count)",
                                [$0.authority, $0.confirmedBy].compactMap(\.self).joined(separator: " and "),
                                PageStyle.printable($0.reason),
                            ]
                        }, rightAligned: [2]) + "\n"
        }
        if !list.waiting.isEmpty {
            text +=
                "\nWaiting for a second person:\n"
                + TextTable.lines(list.waiting.map(Self.row), rightAligned: []) + "\n"
        }
        return text
    }

    var holds: String {
        let holds = heldList.holds
        guard !holds.isEmpty else { return "there are no legal holds\n" }
        return TextTable.lines(
            [["HOLD", "SINCE", "ON", "BY", "REASON", "RELEASED"]]
                + holds.map { hold in
                    [
                        "\(hold.id)", Self.time(hold.time), PageStyle.printable("\(hold.scope)"), hold.principal,
                        PageStyle.printable(hold.reason), hold.release.map { Self.time($0.time) } ?? "–",
                    ]
                }, rightAligned: []) + "\n"
    }

    /// - Parameter mode: In production nobody is believed by name.
    static func text(_ pending: PendingRequest, mode: EnclaveSettings.Mode) -> String {
        """
        Nothing has changed yet: a second person must confirm it within \(PendingRequest.lifetime / 86_400_000) days.

          portcullis erase ENCLAVE --confirm \(pending.id) \(mode == .production ? "--token-file FILE" : "--as PERSON")

        """
    }

    static let warningOfReaders =
        "warning: it is erased, but a request that began earlier still has in memory what it found of it; restart the "
        + "service to be sure\n"

    /// A token that was mistyped would look like one of which there is nothing yet.
    static func warning(ofNothingHeld scope: RecordScope) -> String {
        "warning: the index has nothing of \(PageStyle.printable("\(scope)")) now; the hold covers what comes\n"
    }

    static func text(_ hold: LegalHold) -> String {
        if let release = hold.release {
            return "hold \(hold.id) on \(PageStyle.printable("\(hold.scope)")) was released by \(release.principal)\n"
        }
        return
            "hold \(hold.id) on \(PageStyle.printable("\(hold.scope)")) is in force: nothing of it is erased until it "
            + "is released\n"
    }

    static func text(_ erasure: Erasure, certificate: ErasureCertificate, path: String) -> String {
        let count = erasure.documents.count
        var text =
            "erased \(count) \(count == 1 ? "document" : "documents") (\(PageStyle.printable("\(erasure.scope)")))\n"
        if let last = certificate.keyStoreBackups.lastExpires {
            text +=
                "copies of the key store that still have their keys: \(certificate.keyStoreBackups.copies); the last "
                + "expires \(last)\n"
        } else {
            text += "no copy of the key store that is on record has their keys\n"
        }
        return text + "certificate: \(path)\n"
    }

    private static func row(_ pending: PendingRequest) -> [String] {
        let what = pending.hold.map { "release hold \($0)" } ?? "erase \(pending.documents.count) documents"
        return [
            "  \(pending.id)", time(pending.time), PageStyle.printable("\(what) (\(pending.scope))"), pending.principal,
            PageStyle.printable(pending.reason),
        ]
    }

    static func time(_ milliseconds: Int64) -> String { Date(milliseconds: milliseconds).ISO8601Format() }
}
