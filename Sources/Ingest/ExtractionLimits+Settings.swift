import Enclaves

extension ExtractionLimits {
    /// The limits that an enclave sets.
    init(_ settings: EnclaveSettings.Ingest) {
        self.init(
            maximumFileBytes: settings.maximumFileBytes, pdfSeconds: settings.pdfSeconds,
            pdfMemoryBytes: settings.pdfMemoryBytes, pdfOutputBytes: settings.pdfOutputBytes)
    }
}
