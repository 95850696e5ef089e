/// Upper bounds of the service (rule 7, every number has a limit).
package enum ServiceLimits {
    /// Bytes of a request's body.
    package static let bodyBytes = 262_144
    /// Seconds in which a body must have arrived.
    static let bodySeconds = 15
    /// Seconds that a connection may be silent.
    static let idleSeconds: Int64 = 60
    /// Bytes of all header fields of a request.
    static let headerBytes = 32_768
}
