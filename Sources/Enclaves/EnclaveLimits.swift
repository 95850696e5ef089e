/// Bounds on what is read from an enclave folder (rule 7, every number has a limit).
package enum EnclaveLimits {
    /// Bytes of `portcullis.yaml` and `labels.yaml`.
    package static let settingsBytes = 1 << 20
    /// Bytes of `principals.yaml`.
    package static let principalsBytes = 16 << 20
    /// Bytes of front matter or of a sidecar.
    package static let metadataBytes = 64 << 10
    /// Bytes of all files in `policies/` together.
    package static let policyBytes = 8 << 20
    /// Lists and mappings inside each other.
    package static let yamlDepth = 16
    /// Bytes of one text in a YAML file: a name, an id, a value.
    package static let textBytes = 4096
    /// Values in one set.
    package static let setMembers = 1000
    /// Entries of `retention` in `labels.yaml`.
    package static let retentionRules = 100
    /// Bytes of a title in front matter.
    package static let titleBytes = 1024
}
