/// Counts of latencies in buckets as HdrHistogram lays them out: of equal width between one power of two and the next,
/// twice as wide beyond it. A latency is known to two significant digits: a bucket is at most 1/128 as wide as it is high.
///
/// It holds as many calls as there are in the same memory, from a nanosecond up, and two of them add up, which percentiles
/// do not.
struct LatencyHistogram: Sendable {
    static let significantDigits = 2
    /// Buckets between one power of two and the next, as a power of two: 128, of which one spans less than 1 %.
    private static let precisionBits = 7

    /// For each bucket that is not empty, its number and its calls.
    private var counts: [Int: Int] = [:]
    private(set) var calls = 0
    private(set) var largest = 0.0

    init() {}

    init(_ samples: Samples) {
        for milliseconds in samples.rounds.joined() { record(milliseconds) }
    }

    mutating func record(_ milliseconds: Double) {
        counts[Self.bucket(of: Int((milliseconds * 1e6).rounded())), default: 0] += 1
        calls += 1
        largest = max(largest, milliseconds)
    }

    /// The time that `share` of all calls did not exceed, as the upper end of its bucket; nil where fewer than two calls
    /// lie beyond it, for a percentile that one call decides says nothing.
    func percentile(_ share: Double) -> Double? {
        guard (1 - share) * Double(calls) >= 2 - 1e-9 else { return nil }
        let rank = Int((share * Double(calls)).rounded(.up))
        var passed = 0
        for (bucket, count) in counts.sorted(by: { $0.key < $1.key }) {
            passed += count
            if passed >= rank { return min(largest, Double(Self.upperBound(of: bucket)) * 1e-6) }
        }
        return largest
    }

    // MARK: - Buckets of nanoseconds

    private static func bucket(of nanoseconds: Int) -> Int {
        let value = max(0, nanoseconds)
        let shift = max(0, Int.bitWidth - value.leadingZeroBitCount - precisionBits - 1)
        return shift << precisionBits + value >> shift
    }

    /// The largest value that falls into a bucket.
    private static func upperBound(of bucket: Int) -> Int {
        // Values below 2^(bits + 1) have a bucket each; beyond, the number of a bucket holds its shift once more.
        let shift = max(0, bucket >> precisionBits - 1)
        let first = bucket - shift << precisionBits
        return (first + 1) << shift - 1
    }
}

extension LatencyHistogram: Codable {
    private enum CodingKeys: String, CodingKey {
        case calls, buckets
        case largest = "max_ms"
        case digits = "significant_digits"
        case percentiles = "percentiles_ms"
    }

    private static let percentiles: [(name: String, share: Double)] = [
        ("p50", 0.5), ("p95", 0.95), ("p99", 0.99), ("p99.9", 0.999),
    ]

    /// Buckets as pairs of the largest value, in nanoseconds, and calls.
    func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(Self.significantDigits, forKey: .digits)
        try values.encode(calls, forKey: .calls)
        try values.encode(largest, forKey: .largest)
        let known = Self.percentiles.compactMap { name, share in percentile(share).map { (name, $0) } }
        try values.encode(Dictionary(uniqueKeysWithValues: known), forKey: .percentiles)
        try values.encode(
            counts.sorted { $0.key < $1.key }.map { [Self.upperBound(of: $0.key), $0.value] }, forKey: .buckets)
    }

    init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        calls = try values.decode(Int.self, forKey: .calls)
        largest = try values.decode(Double.self, forKey: .largest)
        for pair in try values.decode([[Int]].self, forKey: .buckets) { counts[Self.bucket(of: pair[0])] = pair[1] }
    }
}

extension LatencyHistogram {
    static let columns = ["p50 ms", "p95 ms", "p99 ms", "p99.9 ms", "max ms", "calls"]

    /// The cells of `columns`; the median with its spread over the rounds.
    static func cells(_ samples: Samples, decimals: Int = 3) -> [Figure?] {
        let histogram = LatencyHistogram(samples)
        return [samples.median(decimals: decimals)]
            + [0.95, 0.99, 0.999].map { share in histogram.percentile(share).map { Figure($0, decimals: decimals) } }
            + [Figure(histogram.largest, decimals: decimals), Figure(Double(histogram.calls), decimals: 0)]
    }
}
