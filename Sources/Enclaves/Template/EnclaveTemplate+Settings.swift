extension EnclaveTemplate {
    /// `portcullis.yaml`: settings, with a comment on each.
    var settings: String {
        #"""
        # Settings of this enclave. Relative paths begin at this folder. A key that is not known is an
        # error.

        # Shown in logs and answers: small letters, digits and hyphens.
        name: \#(name)

        # development: people are impersonated with --as, `portcullis token` issues tokens, and the server
        # binds to loopback only. production: callers bring tokens of your identity provider (see
        # authentication.key_set).
        mode: development

        # The index, one SQLite file, with its key beside it. It holds passages in the clear: keep it on
        # an encrypted volume and out of version control.
        index: \#(index)

        # Purposes of use. A question states one; principals.yaml says who may state which; policies may
        # demand one.
        purposes: [work, personnel]

        embedding:
          # The folder with all-MiniLM-L6-v2, as `make model` lays it out. Its hashes are checked at every
          # start.
          model: \#(Self.scalar(model))

        ingest:
          # A larger file is set aside.
          maximum_file_bytes: 20000000
          # Limits on the program that reads one PDF: processor time, memory, text.
          pdf: {seconds: 30, memory_bytes: 1073741824, output_bytes: 50000000}

        service:
          # Where `portcullis serve` listens. Port 0 takes any free one.
          host: 127.0.0.1
          port: 8471
          # Proxies whose X-Forwarded-For is believed: addresses or ranges (10.1.0.0/16).
          trusted_proxies: []
          # Longest question in bytes, and the most passages that one answer may have.
          maximum_query_bytes: 8192
          maximum_k: 50

        authentication:
          # What `iss` and `aud` of a token must say.
          issuer: portcullis-development
          audience: \#(name)
          # Life of a token from `portcullis token`.
          token_seconds: 900
          # In production, the public keys of your identity provider (a JWKS file):
          # key_set: keys.jwks.json

        citations:
          # The address of a cited document is this and its path below documents/.
          base_url: https://documents.example/\#(name)/

        """#
    }
}
