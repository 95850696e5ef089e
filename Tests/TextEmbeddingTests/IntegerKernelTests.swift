import CVectorKernels
import Testing

@testable import TextEmbedding

/// The kernels of the fast encoder against their definition in plain integers, and the instruction sets against each
/// other, bit for bit.
@Suite("Kernels over 16-bit codes")
struct IntegerKernelTests {
    private static let limit = Int(ENCODER_CODE_LIMIT)
    private static let block = Int(ENCODER_BLOCK)

    /// Weights as codes, unpacked again: outputs × inputs.
    private struct Codes {
        var packed: [Int16]
        var scales: [Float]
        let inputs: Int

        init?(_ weights: [Float], inputs: Int) {
            let outputs = weights.count / inputs
            self.inputs = inputs
            packed = [Int16](repeating: 0, count: weights.count)
            scales = [Float](repeating: .nan, count: outputs)
            if encoder_pack_codes(weights, outputs, inputs, &packed, &scales) == 0 { return nil }
        }

        func code(_ output: Int, _ input: Int) -> Int {
            Int(packed[output / 32 * 32 * inputs + input / 2 * 64 + output % 32 * 2 + input % 2])
        }

        /// The greatest sum of magnitudes within a block of an output.
        func largestBlock(_ output: Int) -> Int {
            stride(from: 0, to: inputs, by: IntegerKernelTests.block).map { start in
                (start..<min(start + IntegerKernelTests.block, inputs)).reduce(0) { $0 + abs(code(output, $1)) }
            }.max() ?? 0
        }
    }

    private struct Rows {
        let codes: [Int16]
        let scales: [Float]

        init(codes: [Int16], scales: [Float]) {
            self.codes = codes
            self.scales = scales
        }

        init(_ values: [Float], width: Int, on instructions: encoder_instructions = ENCODER_PORTABLE) {
            var codes = [Int16](repeating: 77, count: values.count)
            var scales = [Float](repeating: 77, count: values.count / width)
            encoder_quantize(instructions, values, values.count / width, width, &codes, &scales)
            self.init(codes: codes, scales: scales)
        }
    }

    private static func product(
        _ rows: Rows, _ weights: Codes, _ bias: [Float], on instructions: encoder_instructions
    ) -> [Float] {
        var output = [Float](repeating: 9, count: rows.scales.count * bias.count)
        encoder_multiply_codes(
            instructions, rows.scales.count, weights.inputs, bias.count, rows.codes, rows.scales, weights.packed,
            weights.scales, bias, &output)
        return output
    }

    /// What the header defines, in integers that cannot overflow.
    private static func definition(_ rows: Rows, _ weights: Codes, _ bias: [Float]) -> [Float] {
        rows.scales.indices.flatMap { i in
            bias.indices.map { j in
                var total: Float?
                for start in stride(from: 0, to: weights.inputs, by: block) {
                    let sum = (start..<min(start + block, weights.inputs)).reduce(0) {
                        $0 + Int(rows.codes[i * weights.inputs + $1]) * weights.code(j, $1)
                    }
                    total = total.map { $0 + Float(sum) } ?? Float(sum)
                }
                return bias[j].addingProduct((total ?? 0) * rows.scales[i], weights.scales[j])
            }
        }
    }

    // MARK: - Products

    /// Rows around every height of a tile; depths below, at and above one block, and of several.
    @Test("A product has the bits of its definition on each instruction set")
    func definition() throws {
        var generator = SeededGenerator()
        for depth in [32, 352, 384, 416, 768, 1536] {
            let weights = generator.floats(64 * depth, in: -0.2...0.2)
            let codes = try #require(Codes(weights, inputs: depth))
            let bias = generator.floats(64)
            for rows in depth == 384 ? Array(1...16) + [27, 28, 29] : [1, 6, 7, 15] {
                let input = Rows(generator.floats(rows * depth, in: -8...8), width: depth)
                let expected = Self.definition(input, codes, bias).bits
                for instructions in EncoderKernelTests.instructionSets {
                    let output = Self.product(input, codes, bias, on: instructions).bits
                    #expect(
                        output == expected,
                        "instructions \(instructions.rawValue), \(rows) × \(depth), seed \(generator.seed)")
                }
            }
        }
    }

    @Test("A product is near the one in double precision")
    func accuracy() throws {
        var generator = SeededGenerator()
        let (depth, rows) = (1536, 9)
        let weights = generator.floats(32 * depth, in: -0.1...0.1)
        let values = generator.floats(rows * depth)
        let codes = try #require(Codes(weights, inputs: depth))
        let bias = generator.floats(32)
        let output = Self.product(Rows(values, width: depth), codes, bias, on: encoder_best_instructions())
        for i in 0..<rows {
            for j in 0..<32 {
                let exact = (0..<depth).reduce(Double(bias[j])) {
                    $0 + Double(values[i * depth + $1]) * Double(weights[j * depth + $1])
                }
                // A code is off by half a step at most; 1,536 of them add up like a random walk, of about 5e-4.
                #expect(abs(Double(output[i * 32 + j]) - exact) < 4e-3, "seed \(generator.seed)")
            }
        }
    }

    /// INVARIANT (row independence), at the edges of every tile.
    @Test("A row has the same bits whatever rows are beside it")
    func rowIndependence() throws {
        var generator = SeededGenerator()
        let depth = 768
        let codes = try #require(Codes(generator.floats(64 * depth), inputs: depth))
        let bias = generator.floats(64)
        // Rows of very different size: a scale that was shared would show.
        let values = (0..<40).flatMap { row in
            generator.floats(depth).map { $0 * [0.001, 1, 1000][row % 3] }
        }
        for instructions in EncoderKernelTests.instructionSets {
            func product(_ from: Int, _ rows: Int) -> [UInt32] {
                let part = Array(values[from * depth..<(from + rows) * depth])
                return Self.product(Rows(part, width: depth, on: instructions), codes, bias, on: instructions).bits
            }
            let whole = product(0, 40)
            for rows in 1...32 {
                for from in [0, 1, 40 - rows] {
                    #expect(
                        product(from, rows) == Array(whole[from * 64..<(from + rows) * 64]),
                        "instructions \(instructions.rawValue), \(rows) rows from \(from), seed \(generator.seed)")
                }
            }
        }
    }

    // MARK: - Weights

    /// Weights that make the largest sums there are: all of one size and sign, one giant, steep slopes, random.
    private static func adversaries(_ inputs: Int, _ generator: inout SeededGenerator) -> [Float] {
        (0..<32).flatMap { output -> [Float] in
            switch output % 8 {
            case 0: [Float](repeating: 1, count: inputs)
            case 1: (0..<inputs).map { $0 % 2 == 0 ? 3 : -3 }
            case 2: (0..<inputs).map { $0 == inputs - 1 ? -1e30 : 1e-3 }
            case 3: (0..<inputs).map { exp2Power($0 % 60) }
            case 4: [Float](repeating: 0x1p-90, count: inputs)
            case 5: [Float](repeating: .leastNonzeroMagnitude, count: inputs)
            case 6: (0..<inputs).map { $0 < 384 ? 0.001 : 5 }
            default: generator.floats(inputs)
            }
        }
    }

    private static func exp2Power(_ power: Int) -> Float { Float(sign: .plus, exponent: -power, significand: 1) }

    @Test("No sum of a block can leave 32 bits, whatever the row", arguments: [2, 32, 384, 386, 1536])
    func noOverflow(inputs: Int) throws {
        var generator = SeededGenerator()
        let codes = try #require(Codes(Self.adversaries(inputs, &generator), inputs: inputs))
        for output in 0..<32 {
            #expect(
                codes.largestBlock(output) * Self.limit <= Int(Int32.max), "output \(output), seed \(generator.seed)")
        }
        // The worst row for each output: the greatest code with the sign of each weight. `definition` cannot overflow.
        let worst = (0..<32).flatMap { output in
            (0..<inputs).map { Int16(codes.code(output, $0) < 0 ? -Self.limit : Self.limit) }
        }
        let rows = Rows(codes: worst, scales: [Float](repeating: 1, count: 32))
        let bias = [Float](repeating: 0, count: 32)
        let expected = Self.definition(rows, codes, bias).bits
        for instructions in EncoderKernelTests.instructionSets {
            #expect(Self.product(rows, codes, bias, on: instructions).bits == expected)
        }
    }

    @Test("A weight is its code times its output's scale, to half a step")
    func weightCodes() throws {
        var generator = SeededGenerator()
        let inputs = 768
        let weights = generator.floats(32 * inputs, in: -0.3...0.3)
        let codes = try #require(Codes(weights, inputs: inputs))
        for output in 0..<32 {
            let scale = Double(codes.scales[output])
            for k in 0..<inputs {
                let error = Double(weights[output * inputs + k]) - scale * Double(codes.code(output, k))
                #expect(abs(error) <= 0.5001 * scale, "seed \(generator.seed)")
            }
            // The room is used: a coarser scale would lose digits for nothing.
            #expect(codes.largestBlock(output) * Self.limit > Int(Int32.max) / 100 * 99, "seed \(generator.seed)")
        }
    }

    @Test("Weights next to nothing have no codes, and their output is the bias")
    func zeroWeights() throws {
        var generator = SeededGenerator()
        for weight in [Float(0), -0.0, .leastNonzeroMagnitude, 1e-38] {
            let codes = try #require(Codes([Float](repeating: weight, count: 32 * 64), inputs: 64))
            #expect(codes.packed.allSatisfy { $0 == 0 })
            #expect(codes.scales.allSatisfy { $0 == 0 })
            let bias = generator.floats(32)
            let rows = Rows(generator.floats(3 * 64), width: 64)
            for instructions in EncoderKernelTests.instructionSets {
                #expect(Self.product(rows, codes, bias, on: instructions).bits == (bias + bias + bias).bits)
            }
        }
    }

    @Test(
        "A weight that is infinite or no number is refused, wherever it stands",
        arguments: [Float.nan, .infinity, -.infinity, .signalingNaN])
    func unusableWeights(value: Float) {
        for place in [0, 63, 64 * 17 + 5, 64 * 32 - 1] {
            var weights = [Float](repeating: 0.5, count: 64 * 32)
            weights[place] = value
            #expect(Codes(weights, inputs: 64) == nil)
            let layer = IntegerLayer(
                weights: AlignedFloats(weights), bias: AlignedFloats(count: 32), inputs: 64,
                instructions: encoder_best_instructions())
            #expect(layer == nil)
        }
    }

    // MARK: - Rows

    @Test("A row's codes reach to the limit and lie half a step from its numbers")
    func rowCodes() {
        var generator = SeededGenerator()
        let width = 64
        // Scale, its reciprocal and the product are each rounded to float32, for codes of up to the limit.
        let halfStep = 0.5 + 3 * Double(Self.limit) * 0x1p-24
        let values = (0..<20).flatMap { row in generator.floats(width).map { $0 * exp2Power(row * 5 - 20) } }
        for instructions in EncoderKernelTests.instructionSets {
            let rows = Rows(values, width: width, on: instructions)
            let portable = Rows(values, width: width)
            #expect(rows.codes == portable.codes && rows.scales.bits == portable.scales.bits, "\(generator.seed)")
            for row in 0..<20 {
                let codes = rows.codes[row * width..<(row + 1) * width].map(Int.init)
                #expect(codes.map(abs).max() == Self.limit)
                for k in 0..<width {
                    let error = Double(values[row * width + k]) - Double(rows.scales[row]) * Double(codes[k])
                    #expect(abs(error) <= halfStep * Double(rows.scales[row]), "seed \(generator.seed)")
                }
            }
        }
    }

    private func exp2Power(_ power: Int) -> Float { Self.exp2Power(power) }

    @Test("Rows of zeros give the bias; one number that is none spoils its own row and no other")
    func strangeRows() throws {
        var generator = SeededGenerator()
        let (inputs, bias) = (384, generator.floats(32))
        let codes = try #require(Codes(generator.floats(32 * inputs), inputs: inputs))
        let usual = generator.floats(inputs)
        func row(_ filler: Float, _ value: Float, at place: Int) -> [Float] {
            var row = [Float](repeating: filler, count: inputs)
            row[place] = value
            return row
        }
        let zeros = [row(0, -0.0, at: 3), row(0, .leastNonzeroMagnitude, at: 5), row(0x1p-101, 0, at: 380)]
        let spoiled = [
            row(1, .nan, at: 0), row(0, .infinity, at: 383), row(1, -.infinity, at: 100), row(-2, -.nan, at: 17),
        ]
        let large = [row(0, .greatestFiniteMagnitude, at: 1), row(0, 0x1p-100, at: 1)]
        let values = ([usual] + zeros + spoiled + large + [usual]).flatMap { $0 }
        for instructions in EncoderKernelTests.instructionSets {
            let rows = Rows(values, width: inputs, on: instructions)
            let output = Self.product(rows, codes, bias, on: instructions)
            func result(_ number: Int) -> [Float] { Array(output[number * 32..<(number + 1) * 32]) }
            #expect(rows.scales[1...3].allSatisfy { $0 == 0 })
            for number in 1...3 { #expect(result(number).bits == bias.bits, "row \(number)") }
            for number in 4...7 {
                #expect(rows.scales[number].isNaN, "row \(number)")
                #expect(result(number).allSatisfy { $0.isNaN }, "row \(number)")
                #expect(rows.codes[number * inputs..<(number + 1) * inputs].allSatisfy { $0 == 0 })
            }
            for number in 8...9 { #expect(rows.codes[number * inputs + 1] == Int16(Self.limit)) }
            #expect(result(9).allSatisfy { $0.isFinite })
            #expect(result(0).bits == result(10).bits, "seed \(generator.seed)")
            #expect(result(0).allSatisfy { $0.isFinite }, "seed \(generator.seed)")
        }
    }
}
