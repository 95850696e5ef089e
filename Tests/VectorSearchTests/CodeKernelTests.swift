import CVectorKernels
import TestSupport
import Testing

@testable import VectorSearch

/// Codes, and the kernels that sum their products.
@Suite struct CodeKernelTests {
    private static let dimensions = [1, 2, 7, 8, 9, 15, 16, 17, 31, 63, 64, 65, 100, 127, 384, 1_000]

    private static let kernels = CodeKernel.allCases.filter { $0.isSupported && $0 != .scalar }

    /// Sums of products of every kind of byte, with every number of rows around the tiles of the kernels.
    @Test func everyVariantEqualsTheScalarOne() {
        var random = SeededRandom(30)
        for dimension in Self.dimensions {
            let stride = code_stride(dimension)
            for rows in [1, 2, 3, 4, 5, 7, 8, 9, 33] {
                // Rows that are to be summed later do not count, however many there are.
                let ahead = [0, 1, 30][random.below(3)]
                for queries in 1...Int(CODE_QUERY_LIMIT) {
                    let codes = VectorMemory(byteCount: (rows + ahead) * stride)
                    let planes = VectorMemory(byteCount: 2 * queries * stride)
                    let code = codes.start.bindMemory(to: UInt8.self, capacity: (rows + ahead) * stride)
                    let plane = planes.start.bindMemory(to: Int8.self, capacity: 2 * queries * stride)
                    // The ends of the ranges are where a kernel would overflow.
                    for byte in 0..<(rows + ahead) * stride {
                        code[byte] = [1, 255, UInt8(random.below(255) + 1)][random.below(3)]
                    }
                    for byte in 0..<2 * queries * stride {
                        let value = [-127, 127, random.below(255) - 127][random.below(3)]
                        plane[byte] = byte % stride < dimension ? Int8(value) : 0
                    }
                    func sums(_ kernel: CodeKernel) -> [Int32] {
                        [Int32](unsafeUninitializedCapacity: 2 * queries * rows) { buffer, count in
                            code_sums(kernel.variant, code, rows, ahead, stride, plane, queries, buffer.baseAddress)
                            count = 2 * queries * rows
                        }
                    }
                    let expected = sums(.scalar)
                    for kernel in Self.kernels {
                        #expect(sums(kernel) == expected, "\(kernel), \(dimension) × \(rows), \(queries) queries")
                    }
                }
            }
        }
    }

    /// A sum of the largest products of the largest dimension.
    @Test func theLargestSumFits() {
        let stride = Int(CODE_DIMENSION_LIMIT)
        let codes = VectorMemory(byteCount: stride)
        let planes = VectorMemory(byteCount: 2 * stride)
        let code = codes.start.bindMemory(to: UInt8.self, capacity: stride)
        let plane = planes.start.bindMemory(to: Int8.self, capacity: 2 * stride)
        code.initialize(repeating: 255, count: stride)
        plane.initialize(repeating: 127, count: stride)
        (plane + stride).initialize(repeating: -127, count: stride)
        for kernel in CodeKernel.allCases where kernel.isSupported {
            var sums: [Int32] = [0, 0]
            code_sums(kernel.variant, code, 1, 0, stride, plane, 1, &sums)
            #expect(sums == [Int32(127 * 127 * stride), Int32(-127 * 127 * stride)], "\(kernel)")
        }
    }

    /// A row is its codes times the scale, but for a residual no longer than the radius; the radius is no longer than
    /// it has to be.
    @Test(arguments: World.Shape.allCases)
    func radiusHoldsTheResidual(shape: World.Shape) throws {
        var random = SeededRandom(31)
        for dimension in Self.dimensions {
            let world = try World(shape: shape, using: &random, dimension: dimension, rowCounts: [20])
            for row in world.rows[0].map(\.vector) {
                var codes = [UInt8](repeating: 7, count: code_stride(dimension))
                var (scale, radius): (Float, Float) = (-1, -1)
                #expect(code_encode(row, dimension, &codes, &scale, &radius))
                var squares = 0.0
                for (value, code) in zip(row, codes) {
                    #expect(code >= 1)
                    let residual = Double(value) - Double(scale) * Double(Int(code) - 128)
                    squares += residual * residual
                }
                #expect(codes[dimension...].allSatisfy { $0 == 128 })
                #expect(scale >= 0 && Double(radius) >= squares.squareRoot())
                #expect(
                    Double(radius) <= squares.squareRoot() * (1 + 0x1p-20) + 2 * Double(Float.leastNonzeroMagnitude))
                // Half a step for each component, where the scale is not rounded to nothing.
                if scale >= Float.leastNormalMagnitude {
                    #expect(Double(radius) <= 0.51 * Double(scale) * Double(dimension).squareRoot())
                }
            }
        }
    }

    @Test func whatIsNotFiniteHasNoCodes() {
        for value in [Float.nan, .infinity, -.infinity, -.nan] {
            for position in 0..<17 {
                var row = [Float](repeating: 1, count: 17)
                row[position] = value
                var codes = [UInt8](repeating: 7, count: code_stride(17))
                var (scale, radius): (Float, Float) = (-1, -1)
                #expect(!code_encode(row, 17, &codes, &scale, &radius))
                #expect(codes.allSatisfy { $0 == 7 } && scale == -1 && radius == -1)
            }
        }
    }

    /// The interval of every row holds its exact score, and most rows of a corpus can be told apart by theirs.
    @Test(arguments: World.Shape.allCases)
    func intervalsHoldTheScores(shape: World.Shape) throws {
        var random = SeededRandom(32)
        for _ in 0..<20 {
            let world = try World(shape: shape, using: &random)
            let planes = world.query.planes
            for row in world.rows.flatMap({ $0 }) {
                let partition = try Self.partition(row.vector)
                let codes = partition.chunks[0].rows
                var sums: [Int32] = [0, 0]
                code_sums(CODE_KERNEL_SCALAR, codes.codes, 1, 0, planes.stride, planes.planes, 1, &sums)
                let sum = 254 * Double(sums[0]) + Double(sums[1])
                let (scale, reach) = (Double(codes.scales[0]), Double(codes.radii[0]) * planes.bound.reach)
                let score = FixedOrderKernel.dot(world.query.components, row.vector)
                #expect(scale * (sum * planes.bound.step - planes.bound.spread) - reach <= score)
                #expect(scale * (sum * planes.bound.step + planes.bound.spread) + reach >= score)
                withExtendedLifetime(partition) {}
            }
        }
    }

    @Test func intervalsAreTightEnoughToPrune() throws {
        var random = SeededRandom(33)
        func unit() -> [Float] {
            let vector = random.vector(384)
            let norm = FixedOrderKernel.dot(vector, vector).squareRoot()
            return vector.map { Float(Double($0) / norm) }
        }
        let query = try QueryVector(unit())
        let partition = try Self.partition(unit())
        let codes = partition.chunks[0].rows
        let bound = query.planes.bound
        // The query's own residual must not be what decides.
        #expect(Double(codes.scales[0]) * bound.spread < 0.1 * Double(codes.radii[0]) * bound.reach)
        #expect(Double(codes.radii[0]) * bound.reach < 0.02)
        withExtendedLifetime(partition) {}
    }

    private static func partition(_ vector: [Float]) throws -> Partition {
        var batch = try RowBatch(dimension: vector.count)
        try batch.append(RowKey(high: 0, low: 0), vector)
        return try Partition(batch)
    }
}
