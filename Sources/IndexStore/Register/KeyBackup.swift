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
    /// The folder that it was made in; records of the first version have none.
    package let folder: String?

    package init(time: Int64, expires: Int64, name: String, folder: String) {
        id = .random()
        self.name = name
        self.folder = folder
        self.time = time
        self.expires = expires
    }
}
