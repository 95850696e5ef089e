/// A small, complete enclave to begin with: an invented maker of cargo bicycles, four people, ten policies with their
/// tests, eight documents. It is part of the program, so that one binary is enough.
struct EnclaveTemplate {
    /// Small letters, digits and hyphens.
    let name: String
    /// As it stands in `portcullis.yaml`.
    let model: String

    /// As it stands in `portcullis.yaml`: in a folder of the enclave's own, which `.gitignore` names.
    var index: String { "index/\(name).sqlite" }

    /// Paths below the enclave's folder, and what the files hold. `portcullis.yaml` is the last one: before it is there,
    /// the folder is no enclave.
    var files: [(path: String, text: String)] {
        Self.documents + [
            (path: "labels.yaml", text: Self.labelRules),
            (path: "principals.yaml", text: Self.principals),
            (path: "policies/schema.cedarschema", text: Self.schema),
            (path: "policies/reading.cedar", text: Self.readingPolicies),
            (path: "policies/limits.cedar", text: Self.limitPolicies),
            (path: "policies/erasure.cedar", text: Self.erasurePolicies),
            (path: "policies/verification.cedar", text: Self.verificationPolicies),
            (path: "policies/tests/reading.json", text: Self.readingTests),
            (path: "policies/tests/limits.json", text: Self.limitTests),
            (path: "policies/tests/erasure.json", text: Self.erasureTests),
            (path: "policies/tests/verification.json", text: Self.verificationTests),
            (path: "questions.jsonl", text: Self.questions),
            (path: ".gitignore", text: "# The sealed index, and keys that open it.\nindex/\n"),
            (path: "portcullis.yaml", text: settings),
        ]
    }

    /// A text as a YAML scalar: plain where that is safe, otherwise in single quotes.
    static func scalar(_ text: String) -> String {
        let isPlain = text.utf8.allSatisfy { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "/"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "-"):
                true
            default: false
            }
        }
        return isPlain && text.utf8.first != UInt8(ascii: "-") ? text : "'\(text.replacing("'", with: "''"))'"
    }
}
