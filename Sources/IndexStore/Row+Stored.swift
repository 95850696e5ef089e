import Foundation
import GRDB
import Passages

/// Columns of a row as they must be. GRDB's own subscripts end the process where a damaged file holds something else.
extension Row {
    func number(_ column: String) throws -> Int64 {
        guard let number = Int64.fromDatabaseValue(self[column]) else { throw damage(column) }
        return number
    }

    func data(_ column: String) throws -> Data {
        guard case .blob(let data) = (self[column] as DatabaseValue).storage else { throw damage(column) }
        return data
    }

    func passageID(_ column: String = "passage_id") throws -> PassageID {
        PassageID(bytes: try bytes(column, count: 16))
    }

    func documentID(_ column: String = "document_id") throws -> DocumentID {
        DocumentID(bytes: try bytes(column, count: 16))
    }

    func keyID() throws -> DataKeyID {
        guard let id = DataKeyID(try data("key_id")) else { throw damage("key_id") }
        return id
    }

    private func bytes(_ column: String, count: Int) throws -> [UInt8] {
        let data = try data(column)
        guard data.count == count else { throw damage(column) }
        return Array(data)
    }

    private func damage(_ column: String) -> IndexError { .damaged(what: "a value of the column \(column)") }
}
