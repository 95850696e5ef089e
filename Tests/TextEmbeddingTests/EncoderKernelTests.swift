import CVectorKernels
import Foundation
import Testing

@testable import TextEmbedding

/// The kernels against plain formulas in double precision, and the instruction sets against each other, bit for bit.
@Suite struct EncoderKernelTests {
    /// What this processor can run, the portable one first: it is the oracle.
    static let instructionSets = [ENCODER_PORTABLE, ENCODER_AVX2, ENCODER_AVX512].filter {
        $0.rawValue <= encoder_best_instructions().rawValue
    }

    /// The result of `kernel` on each instruction set, from buffers at each of several offsets from a cache line: all
    /// must have the bits of the first. `kernel` gets one buffer that holds a copy of `values`.
    private func run(
        _ values: [Float], seed: UInt64, sourceLocation: SourceLocation = #_sourceLocation,
        _ kernel: (encoder_instructions, UnsafeMutablePointer<Float>) -> Void
    ) -> [Float] {
        var first: [Float]?
        for instructions in Self.instructionSets {
            for offset in [0, 1, 7] {
                let block = AlignedFloats(count: values.count + offset)
                let buffer = block.base + offset
                buffer.update(from: values, count: values.count)
                kernel(instructions, buffer)
                let result = Array(UnsafeBufferPointer(start: buffer, count: values.count))
                if let first {
                    #expect(
                        result.bits == first.bits,
                        "instructions \(instructions.rawValue), offset \(offset), seed \(seed)",
                        sourceLocation: sourceLocation)
                }
                first = first ?? result
                withExtendedLifetime(block) {}
            }
        }
        return first ?? []
    }

    /// Rows around every height of a tile, with and without a bias.
    @Test func productIsTheSumOfProducts() {
        var generator = SeededGenerator()
        let seed = generator.seed
        let (depth, columns) = (37, 96)
        let weights = generator.floats(columns * depth)
        let bias = generator.floats(columns)
        var packed = [Float](repeating: 0, count: columns * depth)
        encoder_pack(weights, columns, depth, &packed)
        for rows in [1, 2, 5, 6, 7, 12, 13, 14, 15, 27, 28, 29, 43] {
            let input = generator.floats(rows * depth)
            for bias in [bias, nil] {
                let output = run([Float](repeating: 9, count: rows * columns), seed: seed) { instructions, output in
                    encoder_multiply(
                        instructions, rows, depth, columns, input, depth, packed, 32, 32 * depth, bias, output, columns)
                }
                for i in 0..<rows {
                    for j in 0..<columns {
                        let exact = (0..<depth).reduce(Double(bias?[j] ?? 0)) {
                            $0 + Double(input[i * depth + $1]) * Double(weights[j * depth + $1])
                        }
                        guard abs(Double(output[i * columns + j]) - exact) < 1e-5 else {
                            Issue.record(
                                "row \(i), column \(j) of \(rows) rows: \(output[i * columns + j]), expected \(exact), seed \(seed)"
                            )
                            return
                        }
                    }
                }
            }
        }
    }

    /// INVARIANT (row independence), at the edges of every tile.
    @Test func aRowDoesNotDependOnTheRowsBesideIt() {
        var generator = SeededGenerator()
        let (depth, columns) = (384, 64)
        let weights = generator.floats(columns * depth)
        let input = generator.floats(64 * depth)
        var packed = [Float](repeating: 0, count: columns * depth)
        encoder_pack(weights, columns, depth, &packed)
        for instructions in Self.instructionSets {
            func product(_ from: Int, _ rows: Int) -> [Float] {
                var output = [Float](repeating: 0, count: rows * columns)
                encoder_multiply(
                    instructions, rows, depth, columns, Array(input[(from * depth)...]), depth, packed, 32, 32 * depth,
                    nil,
                    &output, columns)
                return output
            }
            let whole = product(0, 64)
            for rows in 1...32 {
                let from = Int.random(in: 0...64 - rows, using: &generator)
                #expect(
                    product(from, rows).bits == Array(whole[from * columns..<(from + rows) * columns]).bits,
                    "\(rows) rows from \(from), instructions \(instructions.rawValue), seed \(generator.seed)")
            }
        }
    }

    @Test func transposeFillsUpWithZeros() {
        let source = (0..<5 * 40).map { Float($0) }
        var transposed = [Float](repeating: -1, count: 32 * 32)
        encoder_transpose(Array(source), 5, 32, 40, &transposed, 32)
        for j in 0..<32 {
            for i in 0..<32 { #expect(transposed[j * 32 + i] == (i < 5 ? source[i * 40 + j] : 0)) }
        }
    }

    @Test func gatherAddsThreeRows() {
        var generator = SeededGenerator()
        let width = 48
        let (words, positions, types) = (
            generator.floats(10 * width), generator.floats(8 * width), generator.floats(2 * width)
        )
        let ids: [Int32] = [9, 0, 3, 3]
        let output = run([Float](repeating: 0, count: ids.count * width), seed: generator.seed) {
            instructions, output in
            encoder_gather(instructions, ids, ids.count, width, words, positions, types, output)
        }
        for i in ids.indices {
            for j in 0..<width {
                #expect(output[i * width + j] == words[Int(ids[i]) * width + j] + types[j] + positions[i * width + j])
            }
        }
    }

    @Test func softmaxIsTheShareOfExponentials() {
        var generator = SeededGenerator()
        let (rows, stride, scale) = (3, 64, Float(0.1767767))
        for columns in [1, 2, 15, 16, 17, 31, 40, 64] {
            var values = generator.floats(rows * stride, in: -60...60)
            // One row of large numbers that are nearly equal, one with a far outlier.
            for j in 0..<stride { values[j] = 1e6 + values[j] }
            values[stride] = 5000
            let output = run(values, seed: generator.seed) { instructions, buffer in
                encoder_softmax(instructions, buffer, rows, columns, stride, scale)
            }
            for i in 0..<rows {
                let row = values[i * stride..<i * stride + columns].map(Double.init)
                let top = row.max()!
                let exponentials = row.map { exp(($0 - top) * Double(scale)) }
                let total = exponentials.reduce(0, +)
                for j in 0..<columns {
                    // The product with the scale is rounded to float32 before the subtraction in one of the rows.
                    let tolerance = i == 0 ? 2e-2 : 1e-6
                    #expect(
                        abs(Double(output[i * stride + j]) - exponentials[j] / total) < tolerance,
                        "seed \(generator.seed)")
                }
                for j in columns..<(columns + 15) / 16 * 16 { #expect(output[i * stride + j] == 0) }
                let sum = output[i * stride..<i * stride + columns].reduce(0, +)
                #expect(abs(sum - 1) < 1e-5)
            }
        }
    }

    @Test func geluIsExact() {
        // The ends of both branches of the error function, zero, the smallest numbers, and a sweep.
        var values: [Float] = [
            0, -0.0, .leastNonzeroMagnitude, -.leastNonzeroMagnitude, 1.3119935, 1.3119936, 5.656854, 5.656855,
            -5.656854, -5.656855, 1e4, -1e4,
        ]
        values += (0..<4084).map { (Float($0) - 2042) / 256 }
        let output = run(values, seed: 0) { instructions, buffer in encoder_gelu(instructions, buffer, values.count) }
        for (x, y) in zip(values.map(Double.init), output.map(Double.init)) {
            let exact = x / 2 * erfc(-x / 2.0.squareRoot())
            if abs(y - exact) > 2e-7 * max(1, abs(x)) { Issue.record("gelu(\(x)) is \(y), expected \(exact)") }
        }
    }

    @Test func normalizationHasMeanShiftAndDeviationGain() {
        var generator = SeededGenerator()
        let (rows, width) = (5, 384)
        let (values, residual) = (generator.floats(rows * width, in: -3...5), generator.floats(rows * width))
        let (gain, shift) = (generator.floats(width), generator.floats(width))
        for residual in [residual, nil] {
            let output = run(values, seed: generator.seed) { instructions, buffer in
                encoder_add_normalize(instructions, buffer, residual, gain, shift, 1e-12, rows, width)
            }
            for i in 0..<rows {
                let row = (0..<width).map { Double(values[i * width + $0]) + Double(residual?[i * width + $0] ?? 0) }
                let mean = row.reduce(0, +) / Double(width)
                let deviation = (row.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(width) + 1e-12).squareRoot()
                for j in 0..<width {
                    let exact = (row[j] - mean) / deviation * Double(gain[j]) + Double(shift[j])
                    #expect(abs(Double(output[i * width + j]) - exact) < 3e-6, "seed \(generator.seed)")
                }
            }
        }
    }

    @Test func poolingIsTheMeanAtLengthOne() {
        var generator = SeededGenerator()
        for rows in [1, 2, 17] {
            let (width, values) = (64, generator.floats(rows * 64))
            let output = run([Float](repeating: 0, count: width), seed: generator.seed) { instructions, out in
                encoder_pool(instructions, values, rows, width, out)
            }
            let sums = (0..<width).map { j in (0..<rows).reduce(0.0) { $0 + Double(values[$1 * width + j]) } }
            let length = sums.reduce(0) { $0 + $1 * $1 }.squareRoot()
            for j in 0..<width { #expect(abs(Double(output[j]) - sums[j] / length) < 1e-6, "seed \(generator.seed)") }
        }
        let zero = run([Float](repeating: 7, count: 32), seed: 0) { instructions, out in
            encoder_pool(instructions, [Float](repeating: 0, count: 64), 2, 32, out)
        }
        #expect(zero == [Float](repeating: 0, count: 32))
    }

    /// The product that other processors use, against the kernel: two independent implementations.
    @Test func blasAndKernelAgree() {
        var generator = SeededGenerator()
        let (inputs, outputs, rows) = (384, 96, 20)
        let weights = AlignedFloats(generator.floats(inputs * outputs))
        let bias = AlignedFloats(generator.floats(outputs))
        let input = generator.floats(rows * inputs)
        let results = [DenseLayer.Product.blas, .kernel].map { product in
            let layer = DenseLayer(
                weights: weights, bias: bias, inputs: inputs, instructions: encoder_best_instructions(),
                product: product)
            return [Float](unsafeUninitializedCapacity: rows * outputs) { buffer, count in
                layer.apply(input, rows: rows, to: buffer.baseAddress!)
                count = rows * outputs
            }
        }
        for (one, other) in zip(results[0], results[1]) { #expect(abs(one - other) < 2e-4, "seed \(generator.seed)") }
    }
}
