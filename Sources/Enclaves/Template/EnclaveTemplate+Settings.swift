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

        # The index, one SQLite file, sealed, with its key store beside it. In development the root key
        # lies there too, and opens both: keep the folder out of version control.
        index: \#(index)

        # Purposes of use. A question states one; principals.yaml says who may state which; policies may
        # demand one.
        purposes: [work, personnel]

        embedding:
          # The folder with all-MiniLM-L6-v2, as `make model` lays it out. Its hashes are checked at every
          # start.
          model: \#(Self.scalar(model))
          # `exact`, or `fast`: nearly twice as fast, from 16-bit codes. An index keeps to the one it was made with.
          precision: exact

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
          # Whether questions that come at the same time share one pass over the vectors. Shared passes are several times
          # faster under load; without them one caller's load shows less in another's time.
          shared_scans: true
          # Where vectors are while the enclave is open: memory (2 kB a passage), or file, which leaves 464 bytes of
          # that in memory. From the file, questions take some milliseconds longer.
          vectors: memory

        authentication:
          # What `iss` and `aud` of a token must say.
          issuer: portcullis-development
          audience: \#(name)
          # Life of a token from `portcullis token`.
          token_seconds: 900
          # In production, the public keys of your identity provider (a JWKS file):
          # key_set: keys.jwks.json

        # The root key wraps all other keys. Without this section a file beside the index holds it, which
        # is for development alone. In production, one of: {file: PATH} elsewhere, {credential: NAME} of
        # the service manager, {token: {module: PATH, token: LABEL, key: LABEL, pin_file: PATH}}.
        # keys:
        #   root: {credential: portcullis-root}

        erasure:
          # Whether it takes a second person to erase. In production it does, unless you say otherwise.
          second_person: false

        retention:
          # Whether what has outlived its retention is taken out each day.
          sweep: true

        # Copies of the index, and the keys to them in a folder that does not go where the copies go.
        # backup:
        #   folder: ../backups
        #   key_folder: ../backup-keys
        #   key_days: 30

        citations:
          # The address of a cited document is this and its path below documents/.
          base_url: https://documents.example/\#(name)/

        """#
    }
}
