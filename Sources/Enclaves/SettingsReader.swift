import Cedar
import Foundation
import Labels

/// Reads `portcullis.yaml`.
struct SettingsReader {
    static let file = "portcullis.yaml"
    let folder: URL
    let log: ProblemLog

    /// Nil after a report.
    func settings(_ tree: YAMLTree) -> EnclaveSettings? {
        guard var fields = YAMLFields(tree, path: "", log: log) else { return nil }
        let name = self.name(&fields)
        let mode = self.mode(&fields)
        let index = fields.requiredText("index").map { url($0.text) }
        let purposes = self.purposes(&fields)
        let embedding = self.embedding(&fields)
        let ingest = self.ingest(&fields)
        let service = self.service(&fields, mode: mode)
        let authentication = section("authentication", of: &fields) { inner in self.authentication(&inner, mode: mode) }
        let keys = self.keys(&fields, mode: mode, index: index)
        let erasure = self.erasure(&fields, mode: mode)
        let backup = self.backup(&fields)
        let sweepsDaily = self.sweepsDaily(&fields)
        let citations = section("citations", of: &fields) { inner in citationBase(&inner) }
        fields.refuseRest()
        guard log.problems.isEmpty, let name, let mode, let index, let embedding, let authentication, let keys,
            let citations
        else { return nil }
        return EnclaveSettings(
            name: name, mode: mode, index: index, purposes: purposes, embedding: embedding, ingest: ingest,
            service: service, authentication: authentication, keys: keys, erasure: erasure, backup: backup,
            sweepsDaily: sweepsDaily, citationBase: citations)
    }

    /// Reads the mapping under a key that must be there.
    func section<Result>(
        _ key: String, of fields: inout YAMLFields, _ read: (inout YAMLFields) -> Result?
    ) -> Result? {
        guard let tree = fields.require(key), var inner = YAMLFields(tree, path: fields.path(of: key), log: log) else {
            return nil
        }
        defer { inner.refuseRest() }
        return read(&inner)
    }

    /// The mapping under a key, or an empty one.
    func optionalSection(_ key: String, of fields: inout YAMLFields) -> YAMLFields {
        let path = fields.path(of: key)
        if let tree = fields.take(key), let inner = YAMLFields(tree, path: path, log: log) { return inner }
        return YAMLFields(emptyAt: fields.line, path: path, log: log)
    }

    func url(_ path: String) -> URL {
        URL(filePath: path, relativeTo: folder).absoluteURL.standardizedFileURL
    }

    private func name(_ fields: inout YAMLFields) -> String? {
        guard let (name, line) = fields.requiredText("name") else { return nil }
        let isPlain = name.utf8.allSatisfy { byte in
            switch byte {
            case 0x30...0x39, 0x61...0x7A, UInt8(ascii: "-"): true
            default: false
            }
        }
        guard isPlain, name.utf8.count <= 64 else {
            log.report(line, "`name` must be at most 64 small letters, digits and hyphens, not `\(name)`")
            return nil
        }
        return name
    }

    private func mode(_ fields: inout YAMLFields) -> EnclaveSettings.Mode? {
        guard let (text, line) = fields.requiredText("mode") else { return nil }
        let mode = EnclaveSettings.Mode(rawValue: text)
        if mode == nil { log.report(line, "`mode` must be development or production, not `\(text)`") }
        return mode
    }

    private func purposes(_ fields: inout YAMLFields) -> Set<ByteText> {
        let listed = fields.texts("purposes")
        if listed.isEmpty { log.report(fields.line, "`purposes` must list at least one purpose of use") }
        var purposes: Set<ByteText> = []
        for (purpose, line) in listed {
            if purpose.utf8.count > 64 {
                log.report(line, "a purpose is \(purpose.utf8.count) bytes long; the limit is 64")
            }
            if !purposes.insert(ByteText(purpose)).inserted {
                log.report(line, "the purpose `\(purpose)` is listed twice")
            }
        }
        return purposes
    }

    private func ingest(_ fields: inout YAMLFields) -> EnclaveSettings.Ingest {
        var inner = optionalSection("ingest", of: &fields)
        var pdf = optionalSection("pdf", of: &inner)
        defer {
            inner.refuseRest()
            pdf.refuseRest()
        }
        return EnclaveSettings.Ingest(
            maximumFileBytes: inner.number("maximum_file_bytes", in: 1...2_000_000_000, default: 20_000_000),
            pdfSeconds: pdf.number("seconds", in: 1...3600, default: 30),
            pdfMemoryBytes: pdf.number("memory_bytes", in: 16_777_216...68_719_476_736, default: 1_073_741_824),
            pdfOutputBytes: pdf.number("output_bytes", in: 1...2_000_000_000, default: 50_000_000))
    }

    private func service(_ fields: inout YAMLFields, mode: EnclaveSettings.Mode?) -> EnclaveSettings.Service {
        var inner = optionalSection("service", of: &fields)
        defer { inner.refuseRest() }
        let host = inner.text("host")
        if let (host, line) = host, mode == .development, !isLoopback(host) {
            log.report(
                line,
                "`service.host` is \(host), and mode development binds to loopback only: write 127.0.0.1, ::1 or "
                    + "localhost, or set mode: production")
        }
        var proxies: [IPAddress] = []
        for (text, line) in inner.texts("trusted_proxies") {
            if let address = IPAddress(parsing: text) {
                proxies.append(address)
            } else {
                log.report(line, "`service.trusted_proxies`: `\(text)` is not an IP address or range (10.1.0.0/16)")
            }
        }
        return EnclaveSettings.Service(
            host: host?.text ?? "127.0.0.1", port: inner.number("port", in: 0...65_535, default: 8471),
            trustedProxies: proxies,
            maximumQueryBytes: inner.number("maximum_query_bytes", in: 1...65_536, default: 8192),
            maximumK: inner.number("maximum_k", in: 1...1000, default: 50),
            sharesScans: inner.truth("shared_scans", default: true), vectors: vectors(&inner))
    }

    private func vectors(_ fields: inout YAMLFields) -> EnclaveSettings.VectorPlace {
        guard let (text, line) = fields.text("vectors") else { return .memory }
        guard let place = EnclaveSettings.VectorPlace(rawValue: text) else {
            log.report(line, "`service.vectors` must be memory or file, not `\(text)`")
            return .memory
        }
        return place
    }

    private func isLoopback(_ host: String) -> Bool {
        host == "localhost" || IPAddress(parsing: host)?.isLoopback == true
    }

    private func authentication(
        _ fields: inout YAMLFields, mode: EnclaveSettings.Mode?
    ) -> EnclaveSettings.Authentication? {
        let issuer = fields.requiredText("issuer")
        let audience = fields.requiredText("audience")
        let seconds = fields.number("token_seconds", in: 1...86_400, default: 900)
        let keySet = fields.text("key_set")
        if mode == .production, keySet == nil {
            log.report(
                fields.line,
                "`authentication.key_set` is missing; mode production needs the issuer's public keys (JWKS)")
        }
        guard let issuer, let audience else { return nil }
        return EnclaveSettings.Authentication(
            issuer: issuer.text, audience: audience.text, tokenSeconds: seconds, keySet: keySet.map { url($0.text) })
    }

    private func citationBase(_ fields: inout YAMLFields) -> String? {
        guard let (text, line) = fields.requiredText("base_url") else { return nil }
        let url = URL(string: text)
        guard let url, url.scheme == "https" || url.scheme == "http", url.host?.isEmpty == false, url.query == nil,
            url.fragment == nil, text.hasSuffix("/"), text.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else {
            log.report(
                line,
                "`citations.base_url` must be an https or http URL that ends with / and has no query, not `\(text)`")
            return nil
        }
        return text
    }
}
