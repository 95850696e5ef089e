import Foundation
import IndexStore
import Sealing

/// The keys of an enclave for people. Names and numbers, no key.
enum KeyPage {
    static func text(_ status: KeyStatus, source: RootKeySource) -> String {
        var text =
            TextTable.lines(
                [["key store", status.path], ["enclave", status.enclave], ["root key", source.name]], rightAligned: [])
            + "\n\n"
        text +=
            TextTable.lines(
                [["EPOCH", "SINCE", "DATA KEYS", "WRAPPED BY"]]
                    + status.epochs.map {
                        [
                            "\($0.epoch)", RecordsPage.time($0.created * 1000), "\($0.keys)",
                            $0.roots.joined(separator: ", "),
                        ]
                    }, rightAligned: [0, 2]) + "\n"
        if status.waiting > 0 {
            text +=
                "\n\(status.waiting) data keys of older epochs wait to be wrapped anew; `portcullis keys rotate` goes on\n"
        }
        return text
    }
}

/// A backup that was made, for people and machines.
struct BackupReport: Encodable {
    let index: String
    let keyStore: String
    let documents: Int
    let passages: Int
    let keyStoreExpires: String
    let destroyed: Int

    enum CodingKeys: String, CodingKey {
        case index, documents, passages, destroyed
        case keyStore = "key_store"
        case keyStoreExpires = "key_store_expires"
    }

    init(_ made: MadeBackup) {
        index = made.folder.path(percentEncoded: false)
        keyStore = made.keyStore.path(percentEncoded: false)
        documents = made.manifest.documents
        passages = made.manifest.passages
        keyStoreExpires = RecordsPage.time(made.keyBackup.expires)
        destroyed = made.expired
    }

    var text: String {
        TextTable.lines(
            [
                ["index", index], ["key store", "\(keyStore), until \(keyStoreExpires)"],
                ["documents", "\(documents)"], ["passages", "\(passages)"],
                ["expired files destroyed", "\(destroyed)"],
            ], rightAligned: []) + "\n"
    }
}
