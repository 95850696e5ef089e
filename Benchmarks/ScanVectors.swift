import VectorSearch

/// What scans are measured with: the vectors of rows and of questions.
enum ScanVectors: Sendable {
    /// Embeddings of texts, grown to so many rows, and of other texts as the questions.
    case texts(AccessDataset)
    /// Random directions, which no texts have: all rows are about equally far from a question, so that the best of them
    /// are the hardest to tell from the others.
    case directions(RandomDirections)
    /// Rows about one of them, so near that coarse halves rule out nearly none.
    case crowd(RandomDirections)

    /// For the explanation of a table.
    var description: String {
        switch self {
        case .texts:
            "Rows: MiniLM embeddings of the descriptions of Debian's packages, grown to so many (`make_dataset.py`); questions: "
                + "embeddings of others."
        case .directions: "Rows and questions in random directions: no row is near, and the best are hardest to tell."
        case .crowd:
            "Rows that lie within 0.3 of one direction and questions in random ones: the coarse halves rule out nearly no "
                + "row, so that both halves of all are read. The worst case."
        }
    }

    /// What a title says, where the rows are not those of texts.
    var suffix: String {
        switch self {
        case .texts: ""
        case .directions: ", random directions"
        case .crowd: ", rows in a crowd"
        }
    }

    /// The vector of one of so many rows.
    func row(_ number: Int, of rows: Int, random: inout RandomNumbers) -> [Float] {
        switch self {
        case .texts(let dataset): dataset.vector(number * dataset.rows / rows)
        case .directions(let directions): directions.row(number, random: &random)
        case .crowd(let directions): directions.aroundFirst(number, random: &random)
        }
    }

    func queries(_ count: Int) throws -> [QueryVector] {
        switch self {
        case .texts(let dataset):
            return try (0..<count).map { try QueryVector(dataset.questions[$0 % dataset.questions.count]) }
        case .directions, .crowd: return try RandomDirections.queries(count)
        }
    }
}

/// Vectors of length 1 in random directions. Beyond their number they come again, each time a little aside.
struct RandomDirections: Sendable {
    private let all: [[Float]]

    init(count: Int) {
        var random = RandomNumbers(seed: 5)
        all = (0..<count).map { _ in random.unitVector(ScanMeasurement.dimension) }
    }

    func row(_ number: Int, random: inout RandomNumbers) -> [Float] {
        let vector = all[number % all.count]
        return number < all.count ? vector : aside(vector, by: 0.5, random: &random)
    }

    /// A row not far from the first one.
    func aroundFirst(_ number: Int, random: inout RandomNumbers) -> [Float] {
        aside(row(number, random: &random), of: all[0], by: 0.3)
    }

    private func aside(_ vector: [Float], by distance: Float, random: inout RandomNumbers) -> [Float] {
        aside(all[Int(random.next() % UInt64(all.count))], of: vector, by: distance)
    }

    private func aside(_ direction: [Float], of vector: [Float], by distance: Float) -> [Float] {
        let moved = zip(vector, direction).map { $0 + distance * $1 }
        let norm = FixedOrderKernel.dot(moved, moved).squareRoot()
        return moved.map { Float(Double($0) / norm) }
    }

    static func queries(_ count: Int) throws -> [QueryVector] {
        var random = RandomNumbers(seed: 7)
        return try (0..<count).map { _ in try QueryVector(random.unitVector(ScanMeasurement.dimension)) }
    }
}
