package import Cedar
package import Foundation
package import Labels
package import Sealing

/// What `portcullis.yaml` says. Every number has a default and a range; a key that is not known is an error.
package struct EnclaveSettings: Sendable {
    /// Small letters, digits and hyphens; shown in logs and answers.
    package let name: String
    package let mode: Mode
    package let index: URL
    /// Every purpose of use that exists in the enclave.
    package let purposes: Set<ByteText>
    package let embedding: Embedding
    package let ingest: Ingest
    package let service: Service
    package let authentication: Authentication
    package let keys: Keys
    package let erasure: Erasure
    /// Nil where the settings name no place for backups.
    package let backup: Backup?
    /// Whether what has outlived its retention is taken out each day.
    package let sweepsDaily: Bool
    /// Ends with a slash; the URL of a citation is this and the percent-encoded path of the document.
    package let citationBase: String

    package enum Mode: String, Sendable {
        /// Allows `--as` and `portcullis token`, and binds to loopback only.
        case development
        case production
    }

    package enum Embedding: Hashable, Sendable {
        /// Computed in this process, by the model in a folder.
        case model(URL, Precision)
        case endpoint(EndpointSettings)
    }

    /// How the model in this process computes. An index holds vectors of one precision.
    package enum Precision: String, Sendable {
        /// In float32.
        case exact
        /// Its dense layers in integers.
        case fast
    }

    package struct Ingest: Sendable {
        package let maximumFileBytes: Int
        package let pdfSeconds: Int
        package let pdfMemoryBytes: Int
        package let pdfOutputBytes: Int
    }

    package struct Service: Sendable {
        package let host: String
        /// 0 lets the system choose.
        package let port: Int
        /// Peers whose `X-Forwarded-For` is believed: addresses or ranges.
        package let trustedProxies: [IPAddress]
        package let maximumQueryBytes: Int
        package let maximumK: Int
        /// Whether scans of several callers are carried out together.
        package let sharesScans: Bool
        package let vectors: VectorPlace
    }

    /// Where the vectors of passages are while the index is open.
    package enum VectorPlace: String, Sendable {
        case memory
        /// The few that a question needs are read when it needs them.
        case file
    }

    package struct Authentication: Sendable {
        package let issuer: String
        package let audience: String
        /// Life of a development token.
        package let tokenSeconds: Int
        /// The issuer's public keys (JWKS); there always is one in production.
        package let keySet: URL?
    }

    package struct Keys: Sendable {
        /// Where the key is that wraps all others. In production never a file that lies with what it opens.
        package let root: RootKeySource
    }

    package struct Erasure: Sendable {
        /// Whether it takes two people to erase.
        package let needsSecondPerson: Bool
        /// The attribute of a label that names whom a passage is about. The schema has it, unless it is the standard one.
        package let subjectAttribute: ByteText

        package static let standardSubjectAttribute: ByteText = "subjects"
    }

    package struct Backup: Sendable {
        package let folder: URL
        /// Where the keys of backups are. Neither folder lies within the other.
        package let keyFolder: URL
        /// How long the key of a backup is kept, in days.
        package let keyDays: Int
        /// A public key for the day on which the root key is lost.
        package let recoveryKey: URL?
    }
}
