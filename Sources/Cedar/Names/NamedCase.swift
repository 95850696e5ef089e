extension CaseIterable where Self: RawRepresentable, RawValue == String {
    /// The case with the given name, byte for byte.
    init?(name: CedarString) {
        guard let found = Self.allCases.first(where: { $0.rawValue.utf8.elementsEqual(name.utf8) }) else { return nil }
        self = found
    }
}
