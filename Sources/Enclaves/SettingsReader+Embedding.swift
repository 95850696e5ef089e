/// `embedding`: a model in this process, or an endpoint that `egress.allow` lists.
extension SettingsReader {
    private static let textsPerRequest = 1...256

    func embedding(_ fields: inout YAMLFields) -> EnclaveSettings.Embedding? {
        let allowed = allowedDestinations(&fields)
        return section("embedding", of: &fields) { inner in
            let model = inner.text("model")
            let precision = inner.text("precision")
            let endpoint = inner.take("endpoint")
            if let precision, endpoint != nil {
                log.report(
                    precision.line,
                    "`embedding.precision` is that of a `model` in this process; leave it out beside an endpoint")
            }
            switch (model, endpoint) {
            case (let model?, nil):
                return .model(url(model.text), self.precision(precision))
            case (nil, let tree?):
                guard var fields = YAMLFields(tree, path: inner.path(of: "endpoint"), log: log) else { return nil }
                defer { fields.refuseRest() }
                return self.endpoint(&fields, allowed: allowed).map { .endpoint($0) }
            case (nil, nil):
                log.report(
                    inner.line,
                    "`embedding` must name a `model` (a folder, computed in this process) or an `endpoint`")
            case (_?, let tree?):
                log.report(tree.line, "`embedding` names a `model` and an `endpoint`; keep one of them")
            }
            return nil
        }
    }

    private func precision(_ value: (text: String, line: Int)?) -> EnclaveSettings.Precision {
        guard let (text, line) = value else { return .exact }
        guard let precision = EnclaveSettings.Precision(rawValue: text) else {
            log.report(line, "`embedding.precision` must be exact or fast, not `\(text)`")
            return .exact
        }
        return precision
    }

    private func allowedDestinations(_ fields: inout YAMLFields) -> Set<NetworkDestination> {
        var inner = optionalSection("egress", of: &fields)
        defer { inner.refuseRest() }
        var allowed: Set<NetworkDestination> = []
        for (text, line) in inner.texts("allow") {
            if let destination = NetworkDestination(parsing: text) {
                allowed.insert(destination)
            } else {
                log.report(
                    line,
                    "`egress.allow`: `\(text)` is not a host in small letters and a port (models.example:443, "
                        + "127.0.0.1:8080, \"[::1]:8080\")")
            }
        }
        return allowed
    }

    private func endpoint(_ fields: inout YAMLFields, allowed: Set<NetworkDestination>) -> EndpointSettings? {
        let url = fields.requiredText("url").flatMap { endpointURL($0.text, line: $0.line, allowed: allowed) }
        let model = fields.requiredText("model").flatMap { modelName($0.text, line: $0.line) }
        // The index holds no longer vectors.
        let dimension = fields.requiredNumber("dimension", in: 1...16_384)
        let maximumTokens = fields.requiredNumber("maximum_tokens", in: 64...32_768)
        let keyFile = fields.text("key_file")
        let certificateAuthority = fields.text("certificate_authority")
        let timeoutSeconds = fields.number("timeout_seconds", in: 1...600, default: 30)
        let isBatchInvariant = fields.truth("batch_invariant", default: false)
        let count = fields.take("texts_per_request")
        let textsPerRequest = count.flatMap { fields.number($0, "texts_per_request", in: Self.textsPerRequest) }
        if let count, let textsPerRequest, textsPerRequest > 1, !isBatchInvariant {
            log.report(
                count.line,
                "`\(fields.path(of: "texts_per_request"))` is \(textsPerRequest); texts may share a request only where "
                    + "the endpoint computes each as if it were alone: write batch_invariant: true if it does, or "
                    + "leave texts_per_request out")
        }
        guard let url, let model, let dimension, let maximumTokens else { return nil }
        return EndpointSettings(
            url: url, model: model, dimension: dimension, maximumTokens: maximumTokens,
            keyFile: keyFile.map { self.url($0.text) },
            certificateAuthority: certificateAuthority.map { self.url($0.text) }, timeoutSeconds: timeoutSeconds,
            textsPerRequest: textsPerRequest ?? (isBatchInvariant ? 32 : 1), isBatchInvariant: isBatchInvariant)
    }

    /// ASCII, so that it is shown and compared as what it is.
    private func modelName(_ text: String, line: Int) -> String? {
        guard text.utf8.count <= 200, text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            log.report(
                line, "`embedding.endpoint.model` must be at most 200 bytes of ASCII without spaces, not `\(text)`")
            return nil
        }
        return text
    }

    private func endpointURL(_ text: String, line: Int, allowed: Set<NetworkDestination>) -> EndpointURL? {
        guard let url = EndpointURL(parsing: text), !url.path.hasSuffix("/embeddings") else {
            log.report(
                line,
                "`embedding.endpoint.url` must be the URL above /embeddings, such as https://models.example/v1: https "
                    + "or http, a host in small letters, a path of plain names without a slash at its end; not `\(text)`"
            )
            return nil
        }
        guard url.isEncrypted || url.destination.isLoopback else {
            log.report(
                line,
                "`embedding.endpoint.url` begins with http, which is taken for addresses of this machine only "
                    + "(http://127.0.0.1:8080/v1); write https for \(url.destination.host)")
            return nil
        }
        guard allowed.contains(url.destination) else {
            log.report(
                line,
                "`embedding.endpoint.url` leads to \(url.destination), and `egress.allow` does not list it; to allow "
                    + "connections there, write at the top level: egress: {allow: [\"\(url.destination)\"]}")
            return nil
        }
        return url
    }
}
