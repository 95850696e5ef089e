/// Times of repeated calls, in milliseconds, kept by the round in which they were taken.
///
/// Machines drift: a round is a short stretch in which everything that is compared was measured, in random order. So a
/// figure is the median of all calls, and its spread is that of the rounds' medians.
struct Samples: Sendable {
    private(set) var rounds: [[Double]] = []

    mutating func beginRound() { rounds.append([]) }

    mutating func add(_ milliseconds: Double) { rounds[rounds.count - 1].append(milliseconds) }

    mutating func addRound(_ milliseconds: [Double]) { rounds.append(milliseconds) }

    mutating func addRound(_ milliseconds: Double) { addRound([milliseconds]) }

    var count: Int { rounds.reduce(0) { $0 + $1.count } }

    /// The same in another unit, or a share of each.
    func scaled(by factor: Double) -> Samples {
        var samples = self
        samples.rounds = rounds.map { $0.map { $0 * factor } }
        return samples
    }

    /// The time that `share` of all calls did not exceed.
    func percentile(_ share: Double) -> Double { Self.percentile(share, of: rounds.flatMap { $0 }) }

    /// The median of each round.
    var roundMedians: [Double] { rounds.filter { !$0.isEmpty }.map { Self.percentile(0.5, of: $0) } }

    func median(decimals: Int) -> Figure {
        Figure(percentile(0.5), spreadOf: roundMedians, decimals: decimals)
    }

    /// What `other` takes less than this; its spread is that of the rounds.
    func difference(from other: Samples, decimals: Int) -> Figure {
        Figure(
            percentile(0.5) - other.percentile(0.5), spreadOf: zip(roundMedians, other.roundMedians).map { $0 - $1 },
            decimals: decimals)
    }

    /// How many times the time of `other` this takes, round by round.
    func ratio(to other: Samples, decimals: Int) -> Figure {
        Figure(
            percentile(0.5) / other.percentile(0.5), spreadOf: zip(roundMedians, other.roundMedians).map { $0 / $1 },
            decimals: decimals)
    }

    /// `amount` a median call, by the second.
    func rate(of amount: Double, decimals: Int) -> Figure {
        Figure(
            amount / percentile(0.5) * 1000, spreadOf: roundMedians.map { amount / $0 * 1000 }, decimals: decimals)
    }

    /// How many times the time of `other` this takes at a percentile, round by round.
    func ratio(to other: Samples, at share: Double, decimals: Int) -> Figure {
        let spread = zip(rounds, other.rounds).map {
            Self.percentile(share, of: $0) / Self.percentile(share, of: $1)
        }
        return Figure(percentile(share) / other.percentile(share), spreadOf: spread, decimals: decimals)
    }

    /// Welch's t of all calls against those of `other`, in the manner of dudect (Reparaz, Balasch, Verbauwhede 2017).
    func welch(against other: Samples) -> Double {
        func moments(_ samples: Samples) -> (mean: Double, error: Double) {
            let values = samples.rounds.flatMap { $0 }
            let mean = values.reduce(0, +) / Double(values.count)
            let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count - 1)
            return (mean, variance / Double(values.count))
        }
        let (first, second) = (moments(self), moments(other))
        return (first.mean - second.mean) / (first.error + second.error).squareRoot()
    }

    /// The nearest-rank percentile.
    static func percentile(_ share: Double, of values: [Double]) -> Double {
        precondition(!values.isEmpty)
        let rank = (share * Double(values.count)).rounded(.up)
        return values.sorted()[min(values.count, max(1, Int(rank))) - 1]
    }
}

/// A measured number. `low` and `high` are the quartiles of the rounds; neither is ever the best of something.
struct Figure: Codable, Sendable {
    let value: Double
    let low: Double?
    let high: Double?
    let decimals: Int

    init(_ value: Double, decimals: Int) {
        self.value = value
        self.low = nil
        self.high = nil
        self.decimals = decimals
    }

    init(_ value: Double, spreadOf rounds: [Double], decimals: Int) {
        self.value = value
        self.low = rounds.count < 2 ? nil : Samples.percentile(0.25, of: rounds)
        self.high = rounds.count < 2 ? nil : Samples.percentile(0.75, of: rounds)
        self.decimals = decimals
    }

    /// The same in another unit.
    func scaled(by factor: Double, decimals: Int) -> Figure {
        Figure(value: value * factor, low: low.map { $0 * factor }, high: high.map { $0 * factor }, decimals: decimals)
    }

    private init(value: Double, low: Double?, high: Double?, decimals: Int) {
        self.value = value
        self.low = low
        self.high = high
        self.decimals = decimals
    }

    /// The median of single measurements.
    init(medianOf values: [Double], decimals: Int) {
        self.init(Samples.percentile(0.5, of: values), spreadOf: values, decimals: decimals)
    }

    var text: String {
        guard let low, let high else { return Self.text(value, decimals) }
        return "\(Self.text(value, decimals)) [\(Self.text(low, decimals))–\(Self.text(high, decimals))]"
    }

    private static func text(_ value: Double, _ decimals: Int) -> String {
        var scale = 1
        for _ in 0..<decimals { scale *= 10 }
        let scaled = Int((value.magnitude * Double(scale)).rounded())
        let sign = value < 0 && scaled != 0 ? "-" : ""
        guard decimals > 0 else { return "\(sign)\(scaled)" }
        let fraction = String(scaled % scale)
        return "\(sign)\(scaled / scale).\(String(repeating: "0", count: decimals - fraction.count))\(fraction)"
    }
}

/// Runs several things in turn and times each call.
struct Stopwatch: Sendable {
    /// Milliseconds that `body` takes.
    static func milliseconds(_ body: () async throws -> Void) async rethrows -> Double {
        let clock = ContinuousClock()
        let start = clock.now
        try await body()
        return milliseconds(start.duration(to: clock.now))
    }

    static func milliseconds(_ duration: Duration) -> Double {
        Double(duration.components.seconds) * 1e3 + Double(duration.components.attoseconds) / 1e15
    }

    /// Something to time. It gets the numbers of the calls, so that it can take turns over its inputs.
    struct Item {
        /// How many calls take turns.
        let series: Int
        /// Makes the calls with these numbers, one after another. Milliseconds of each, by series.
        let times: (ClosedRange<Int>) async throws -> [[Double]]

        init(call: @escaping (Int) async throws -> Void) {
            self.init(alternating: [call])
        }

        /// Several things whose difference is wanted: each number is called with each of them, one right after the other,
        /// so that what the machine does meanwhile and what the caches hold is the same for all.
        init(alternating calls: [(Int) async throws -> Void]) {
            self.init(series: calls.count) { numbers in
                var times = calls.map { _ in [Double]() }
                for number in numbers {
                    for (series, call) in calls.enumerated() {
                        times[series].append(try await milliseconds { try await call(number) })
                    }
                }
                return times
            }
        }

        private init(series: Int, times: @escaping (ClosedRange<Int>) async throws -> [[Double]]) {
            self.series = series
            self.times = times
        }

        /// Something that makes its calls elsewhere, in another process, and takes the time there.
        static func timedElsewhere(_ times: @escaping (ClosedRange<Int>) async throws -> [Double]) -> Item {
            Item(series: 1) { [try await times($0)] }
        }
    }

    /// Times every item in each of `rounds` rounds, in another random order each time; the series of all items, in their
    /// order. One call before each stretch is not counted: it meets the caches that another item left.
    static func interleave(
        _ items: [Item], rounds: Int, calls: Int, random: inout RandomNumbers, progress: (Int) -> Void = { _ in }
    ) async throws -> [Samples] {
        var samples = items.map { Array(repeating: Samples(), count: $0.series) }
        for round in 0..<rounds {
            for index in items.indices.shuffled(using: &random) {
                let first = round * (calls + 1)
                for (series, times) in try await items[index].times(first...first + calls).enumerated() {
                    samples[index][series].beginRound()
                    for time in times.dropFirst() { samples[index][series].add(time) }
                }
            }
            progress(round + 1)
        }
        return samples.flatMap { $0 }
    }
}

/// Random numbers that a seed repeats (SplitMix64).
struct RandomNumbers: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// A vector of length 1 in a random direction.
    mutating func unitVector(_ dimension: Int) -> [Float] {
        var vector = [Float](repeating: 0, count: dimension)
        var square: Float = 0
        for index in vector.indices {
            vector[index] = Float(Int64(bitPattern: next()) >> 40) * 0x1p-23
            square += vector[index] * vector[index]
        }
        let scale = 1 / square.squareRoot()
        for index in vector.indices { vector[index] *= scale }
        return vector
    }
}
