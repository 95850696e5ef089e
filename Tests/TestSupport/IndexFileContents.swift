package import GRDB

/// All that an index file holds of each document, as it is stored (`docs/index-format.md`): texts, labels, headings,
/// vectors, ids. Numbers of rows and generations are left out; they tell the order of changes and no content.
package struct IndexFileContents: Equatable, Sendable {
    /// Rows of each document, by its id: the document's own, its headings', its passages'.
    package let documents: [DatabaseValue: [[DatabaseValue]]]

    package init(_ db: Database) throws {
        var documents: [DatabaseValue: [[DatabaseValue]]] = [:]
        for document in try Row.fetchAll(db, sql: "SELECT document_row, document_id FROM documents") {
            let row: DatabaseValue = document["document_row"]
            documents[document["document_id"]] = try Self.queries.flatMap { query in
                try Row.fetchAll(db, sql: query, arguments: [row]).map { Array($0.databaseValues) }
            }
        }
        self.documents = documents
    }

    private static let queries = [
        """
        SELECT source_digest, digest, labels.body, documents.body
        FROM documents LEFT JOIN labels ON label_id = title_label WHERE document_row = ?
        """,
        """
        SELECT ordinal, digest, labels.body, headings.body
        FROM headings LEFT JOIN labels USING (label_id) WHERE document_row = ? ORDER BY ordinal
        """,
        """
        SELECT ordinal, passage_id, digest, labels.body, revision, embedding_digest, passages.body, vector
        FROM passages LEFT JOIN labels USING (label_id) WHERE document_row = ? ORDER BY ordinal
        """,
    ]
}
