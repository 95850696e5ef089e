/// A copy of the key store that was made: as long as it exists, a key that it holds can come back.
package struct KeyBackup: RegisterRecord, Equatable {
    package static var kind: RegisterKind { .backup }

    package let id: RegisterID
    /// Milliseconds since 1970.
    package let time: Int64
    /// When it is to be destroyed; `portcullis backup` removes those that are past it.
    package let expires: Int64
    /// What the copy is called, without folder and suffix.
    package let name: String

    package init(time: Int64, expires: Int64, name: String) {
        id = .random()
        self.name = name
        self.time = time
        self.expires = expires
    }
}
