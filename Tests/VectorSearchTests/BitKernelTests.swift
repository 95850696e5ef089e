import CVectorKernels
import Foundation
import TestSupport
import Testing

@testable import VectorSearch

/// The rotation, the bits of a row, and the kernels that count them.
@Suite struct BitKernelTests {
    private static let dimensions = [1, 2, 3, 7, 8, 9, 16, 31, 63, 64, 65, 100, 128, 384, 1_000]
    private static let kernels = BitKernel.allCases.filter { $0.isSupported && $0 != .scalar }

    @Test("Every variant counts what the scalar one counts, of the rows asked for and no others")
    func everyVariantEqualsTheScalarOne() {
        var random = SeededRandom(60)
        for dimension in Self.dimensions {
            let words = bit_words(dimension)
            let planes = (0..<Int(BIT_PLANES) * words).map { _ in random.next() }
            for _ in 0..<40 {
                let (first, rows) = (random.below(20), 1 + random.below(40))
                let groups = (first + rows + Int(BIT_GROUP) - 1) / Int(BIT_GROUP)
                let extreme = random.below(3)
                var bits = (0..<groups * words * Int(BIT_GROUP)).map { _ in [random.next(), 0, .max][extreme] }
                func sums(_ kernel: BitKernel) -> [Int32] {
                    [Int32](unsafeUninitializedCapacity: rows + 1) { buffer, count in
                        buffer.initialize(repeating: -1)
                        bit_sums(kernel.variant, bits, first, rows, 0, words, planes, buffer.baseAddress)
                        count = rows + 1
                    }
                }
                let expected = sums(.scalar)
                #expect(expected[rows] == -1)
                // What other rows hold has no bearing.
                for index in bits.indices {
                    let row = index / (words * Int(BIT_GROUP)) * Int(BIT_GROUP) + index % Int(BIT_GROUP)
                    if row < first || row >= first + rows { bits[index] = random.next() }
                }
                for kernel in Self.kernels + [.scalar] {
                    #expect(sums(kernel) == expected, "\(kernel), \(dimension), rows \(first)+\(rows)")
                }
            }
        }
    }

    @Test("The sum is that of the digits of the query, with the sign of each bit")
    func sumsAreWhatTheyStandFor() throws {
        var random = SeededRandom(61)
        for dimension in Self.dimensions {
            let words = bit_words(dimension)
            let negative = (0..<dimension).map { _ in random.below(2) == 1 }
            let digits = (0..<dimension).map { _ in random.below(16) }
            var (bits, planes) = ([UInt64](repeating: 0, count: words * 8), [UInt64](repeating: 0, count: words * 4))
            for position in 0..<dimension {
                if negative[position] { bits[position / 64 * 8] |= 1 << (position % 64) }
                for plane in 0..<4 {
                    planes[position / 64 * 4 + plane] |= UInt64(digits[position] >> plane & 1) << (position % 64)
                }
            }
            var sum: Int32 = 0
            bit_sums(BIT_KERNEL_SCALAR, bits, 0, 1, 0, words, planes, &sum)
            // A bit that is set turns the digits over: what stands for u − 7.5 becomes 7.5 − u.
            let expected = zip(negative, digits).reduce(0.0) { $0 + (Double($1.1) - 7.5) * ($1.0 ? -1 : 1) }
            #expect(Double(sum) - 7.5 * Double(dimension) == expected)
        }
    }

    private func turn(_ vector: [Float], by rotation: Rotation) -> [Double] {
        rotation.rotate(vector) { rotated, exponent in rotated.map { scalbn(Double($0), Int(exponent)) } }
    }

    private func dot(_ left: [Double], _ right: [Double]) -> Double {
        zip(left, right).reduce(0) { $0 + $1.0 * $1.1 }
    }

    @Test("The rotation keeps lengths and angles, at any scale")
    func rotationKeepsInnerProducts() {
        var random = SeededRandom(62)
        for dimension in Self.dimensions {
            let rotation = Rotation(dimension: dimension)
            for scale: Float in [1, 1e30, 1e-30, .leastNormalMagnitude] {
                let vectors = [random.vector(dimension, scale: scale), random.vector(dimension, scale: scale)]
                let turned = vectors.map { turn($0, by: rotation) }
                for (left, right) in [(0, 0), (0, 1), (1, 1)] {
                    let before = dot(vectors[left].map(Double.init), vectors[right].map(Double.init))
                    let after = dot(turned[left], turned[right])
                    let room = 1e-5 * (dot(turned[left], turned[left]) * dot(turned[right], turned[right])).squareRoot()
                    #expect(abs(before - after) <= room, "\(dimension), \(scale)")
                }
            }
            #expect(rotation.rotate([Float](repeating: 0, count: dimension)) { $0.allSatisfy { $0 == 0 } && $1 == 0 })
        }
    }

    /// The seed and the order of operations are part of the format: other bits would be another index.
    @Test("The rotation is the same everywhere")
    func rotationIsFixed() {
        let rotated = Rotation(dimension: 5).rotate([1, 2, 3, 4, 5]) { rotated, exponent in
            #expect(exponent == 3)
            return rotated.map(\.bitPattern)
        }
        #expect(rotated == Self.fixed, "\(rotated)")
    }

    private static let fixed: [UInt32] = [3_189_768_192, 1_045_430_272, 1_047_527_424, 1_062_993_920, 1_015_021_568]

    @Test("A component that is far larger than the others is spread over all bits")
    func rotationMixes() {
        for dimension in [64, 100, 384, 1_000] {
            let rotation = Rotation(dimension: dimension)
            for position in stride(from: 0, to: dimension, by: 13) {
                var vector = [Float](repeating: 0, count: dimension)
                vector[position] = 1
                let largest = turn(vector, by: rotation).map(\.magnitude).max() ?? 0
                #expect(largest <= 8 / Double(dimension).squareRoot(), "\(dimension), \(position): \(largest)")
            }
        }
    }

    @Test("Bits are the signs, and the factor is what makes a row's estimate of itself right")
    func bitsAreSigns() {
        var random = SeededRandom(63)
        for dimension in Self.dimensions {
            let words = bit_words(dimension)
            let rotated = random.vector(dimension)
            var bits = [UInt64](repeating: 7, count: words * 8)
            var factor: Float = -1
            bit_encode(rotated, 3, dimension, &bits, &factor)
            for position in 0..<words * 64 {
                let isSet = bits[position / 64 * 8] >> (position % 64) & 1 == 1
                #expect(isSet == (position < dimension && rotated[position] < 0))
            }
            let absolute = rotated.reduce(0.0) { $0 + abs(Double($1)) }
            let squares = rotated.reduce(0.0) { $0 + Double($1) * Double($1) }
            #expect(abs(Double(factor) - 8 * squares / absolute) <= 1e-5 * Double(factor))
        }
        var (bits, factor): ([UInt64], Float) = ([UInt64](repeating: 7, count: 8), -1)
        bit_encode([0, 0, 0], 0, 3, &bits, &factor)
        #expect(bits[0] == 0 && factor == 0)
        bit_encode([3e38, 3e38, -3e38], 120, 3, &bits, &factor)
        #expect(bits[0] == 4 && factor == .greatestFiniteMagnitude)
    }

    @Test("What is selected is what reaches the threshold")
    func selection() {
        var random = SeededRandom(64)
        for rows in [0, 1, 7, 8, 9, 100] {
            let sums = (0..<rows).map { _ in Int32(random.below(5)) }
            let factors = (0..<rows).map { _ in Float(random.below(3)) }
            var (positions, estimates) = ([UInt32](repeating: 0, count: rows), [Double](repeating: 0, count: rows))
            let found = bit_select(sums, factors, rows, 0.5, 1, 0.5, &positions, &estimates)
            let expected = (0..<rows).filter { Double(factors[$0]) * (Double(sums[$0]) * 0.5 - 1) >= 0.5 }
            #expect(positions.prefix(found).map(Int.init) == expected)
            #expect(
                Array(estimates.prefix(found))
                    == expected.map { Double(factors[$0]) * (Double(sums[$0]) * 0.5 - 1) })
        }
    }
}
