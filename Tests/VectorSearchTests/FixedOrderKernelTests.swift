import CVectorKernels
import TestSupport
import Testing

@testable import VectorSearch

/// The kernel, bit for bit, against its definition written a second time in Swift.
@Suite struct FixedOrderKernelTests {
    /// The definition in `scan_kernels.h`, one operation a line.
    static func oracle(_ left: [Float], _ right: [Float]) -> Double {
        var lanes = [Double](repeating: 0, count: 8)
        for (index, (a, b)) in zip(left, right).enumerated() {
            let product = Double(a) * Double(b)
            lanes[index % 8] = lanes[index % 8] + product
        }
        return ((lanes[0] + lanes[4]) + (lanes[2] + lanes[6])) + ((lanes[1] + lanes[5]) + (lanes[3] + lanes[7]))
    }

    private static let variants = [SCAN_KERNEL_BASELINE, SCAN_KERNEL_AVX2, SCAN_KERNEL_AVX512]
    private static let scales: [Float] = [1, 1e-3, 1e30, 3.4e38, .leastNormalMagnitude, 0x1p-139, 0]

    @Test(arguments: Array(1...70) + [127, 128, 129, 383, 384, 385, 1_000])
    func equalsItsDefinition(dimension: Int) {
        var random = SeededRandom(UInt64(dimension))
        for scale in Self.scales {
            let left = random.vector(dimension, scale: scale)
            let right = random.vector(dimension, scale: Self.scales.randomElement(using: &random)!)
            let expected = Self.oracle(left, right).bitPattern
            #expect(FixedOrderKernel.dot(left, right).bitPattern == expected)
            #expect(FixedOrderKernel.dot(right, left).bitPattern == expected)
            for variant in Self.variants {
                #expect(scan_fixed_order_dot_variant(variant, left, right, dimension).bitPattern == expected)
            }
        }
    }

    @Test func doesNotDependOnAlignment() {
        var random = SeededRandom(1)
        let left = random.vector(48)
        let right = random.vector(48)
        for shift in 0..<16 {
            let expected = Self.oracle(Array(left[shift..<shift + 31]), Array(right[..<31])).bitPattern
            left.withUnsafeBufferPointer { left in
                right.withUnsafeBufferPointer { right in
                    for variant in Self.variants {
                        let score = scan_fixed_order_dot_variant(
                            variant, left.baseAddress! + shift, right.baseAddress!, 31)
                        #expect(score.bitPattern == expected)
                    }
                }
            }
        }
    }

    @Test func neverGivesNegativeZero() {
        for dimension in 1...20 {
            let negative = [Float](repeating: -0.0, count: dimension)
            let one = [Float](repeating: 1, count: dimension)
            #expect(FixedOrderKernel.dot(negative, one).bitPattern == 0)
            var balanced = one
            for index in stride(from: 1, to: dimension, by: 2) { balanced[index] = -1 }
            if dimension.isMultiple(of: 2) { #expect(FixedOrderKernel.dot(balanced, one).bitPattern == 0) }
        }
    }

    @Test func largestInputsStayFinite() {
        let huge = [Float](repeating: .greatestFiniteMagnitude, count: RowArena.dimensionLimit)
        #expect(FixedOrderKernel.dot(huge, huge).isFinite)
    }

    /// The order is a real choice: another one gives other bits. Were it not so, the tests above would prove little.
    @Test func anotherOrderGivesOtherBits() {
        var random = SeededRandom(2)
        let differing = (0..<200).count { _ in
            let (left, right) = (random.vector(384), random.vector(384))
            let plain = zip(left, right).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
            return plain.bitPattern != FixedOrderKernel.dot(left, right).bitPattern
        }
        #expect(differing > 100)
    }
}
