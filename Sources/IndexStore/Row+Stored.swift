import Foundation
import GRDB
import Passages

/// Columns of a row as they must be. GRDB's own subscripts end the process where a damaged file holds something else.
///
/// A column goes by its name, or by its place in loops over many rows, where looking up names is what takes the time.
extension Row {
    func number(_ column: String) throws -> Int64 { try number(at: place(column)) }

    func number(at place: Int) throws -> Int64 {
        guard let number = Int64.fromDatabaseValue(self[place]) else { throw damage(place) }
        return number
    }

    func data(_ column: String) throws -> Data { try data(at: place(column)) }

    func data(at place: Int) throws -> Data {
        guard case .blob(let data) = (self[place] as DatabaseValue).storage else { throw damage(place) }
        return data
    }

    func passageID(_ column: String = "passage_id") throws -> PassageID {
        PassageID(bytes: try bytes(at: place(column), count: 16))
    }

    func documentID(_ column: String = "document_id") throws -> DocumentID { try documentID(at: place(column)) }

    func documentID(at place: Int) throws -> DocumentID { DocumentID(bytes: try bytes(at: place, count: 16)) }

    func keyID() throws -> DataKeyID { try keyID(at: place("key_id")) }

    func keyID(at place: Int) throws -> DataKeyID {
        guard let id = DataKeyID(try data(at: place)) else { throw damage(place) }
        return id
    }

    private func place(_ column: String) -> Int {
        guard let place = columnNames.firstIndex(of: column) else { preconditionFailure("the query has no \(column)") }
        return columnNames.distance(from: columnNames.startIndex, to: place)
    }

    private func bytes(at place: Int, count: Int) throws -> [UInt8] {
        let data = try data(at: place)
        guard data.count == count else { throw damage(place) }
        return Array(data)
    }

    private func damage(_ place: Int) -> IndexError {
        .damaged(what: "a value of the column \(Array(columnNames)[place])")
    }
}
