/// How the encoder in this process computes its dense products. Vectors of the two are not comparable bit by bit, so
/// each is a model of its own: see ``MiniLMEmbedder``.
package enum EncoderPrecision: String, Sendable, CaseIterable {
    /// In float32.
    case exact
    /// In 16-bit integers: about twice as fast on a processor with AVX-512 VNNI, cosine above 0.9999 to the exact one.
    case fast
}
