package import Cedar
package import Foundation
package import Labels

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
    /// Ends with a slash; the URL of a citation is this and the percent-encoded path of the document.
    package let citationBase: String

    package enum Mode: String, Sendable {
        /// Allows `--as` and `portcullis token`, and binds to loopback only.
        case development
        case production
    }

    package enum Embedding: Hashable, Sendable {
        /// Computed in this process, by the model in a folder.
        case model(URL)
        case endpoint(EndpointSettings)
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
    }

    package struct Authentication: Sendable {
        package let issuer: String
        package let audience: String
        /// Life of a development token.
        package let tokenSeconds: Int
        /// The issuer's public keys (JWKS); there always is one in production.
        package let keySet: URL?
    }
}
