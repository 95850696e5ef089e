/// How the encoder in this process computes its dense products.
///
/// Each is a model of its own, with a name and a digest of its own, so that an index never holds vectors of both: the
/// two differ in the last bits, and an index promises the same bits for the same text.
package enum EncoderPrecision: String, Sendable, CaseIterable {
    /// In float32.
    case exact
    /// In integers, from codes of 16 bits: nearly twice the speed of `exact` on a processor with AVX-512 VNNI, at a
    /// cosine above 0.9999 to it. Eight bits would be faster still, but reach only 0.98 on some texts.
    case fast

    /// What an index records as the model's name.
    package var modelName: String {
        switch self {
        case .exact: "all-MiniLM-L6-v2"
        case .fast: "all-MiniLM-L6-v2-int16"
        }
    }
}
