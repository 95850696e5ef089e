/// A document with its passages, as the index takes them in.
package struct LexicalDocument: Sendable {
    package let key: LexicalKey
    package let passages: [LexicalPassage]

    package init(key: LexicalKey, passages: [LexicalPassage]) {
        self.key = key
        self.passages = passages
    }
}

/// A passage and the number of the partition that its label is.
package struct LexicalPassage: Sendable {
    package let key: LexicalKey
    /// Not negative.
    package let partition: Int32
    package let text: String

    package init(key: LexicalKey, partition: Int32, text: String) {
        precondition(partition >= 0, "a partition's number is not negative")
        self.key = key
        self.partition = partition
        self.text = text
    }
}
