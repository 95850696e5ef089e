/// `BM25.saturation` of few occurrences in passages of usual length, worked out beforehand: the same bits, without a
/// division.
struct SaturationTable: Sendable {
    private static let lengths = 512
    private static let occurrences = 4

    let averageLength: Double
    private let values: [Double]

    init(averageLength: Double) {
        self.averageLength = averageLength
        values = (1...Self.occurrences).flatMap { occurrences in
            (0..<Self.lengths).map { length in
                BM25.saturation(
                    Double(occurrences), norm: BM25.norm(length: length, averageLength: averageLength))
            }
        }
    }

    func withValues<Result>(_ body: (Values) -> Result) -> Result {
        values.withUnsafeBufferPointer { body(Values(values: $0.baseAddress!, averageLength: averageLength)) }
    }

    func callAsFunction(_ occurrences: Int, length: Int) -> Double {
        withValues { $0(occurrences, length: length) }
    }

    struct Values {
        fileprivate let values: UnsafePointer<Double>
        fileprivate let averageLength: Double

        @inline(__always)
        func callAsFunction(_ occurrences: Int, length: Int) -> Double {
            if occurrences <= SaturationTable.occurrences, length < SaturationTable.lengths {
                return values[(occurrences - 1) * SaturationTable.lengths + length]
            }
            return BM25.saturation(
                Double(occurrences), norm: BM25.norm(length: length, averageLength: averageLength))
        }
    }
}
