import CVectorKernels
import TestSupport
import Testing

@testable import VectorSearch

/// Codes, and the kernels that sum their products.
@Suite struct CodeKernelTests {
    private static let dimensions = [1, 2, 7, 8, 9, 15, 16, 17, 31, 63, 64, 65, 100, 127, 384, 1_000]

    private static let kernels = CodeKernel.allCases.filter { $0.isSupported && $0 != .scalar }

    /// Memory of random bytes, many of them at the ends of their range, where a kernel would overflow.
    private static func codes(_ count: Int, _ random: inout SeededRandom) -> VectorMemory {
        let memory = VectorMemory(byteCount: count)
        let bytes = memory.start.bindMemory(to: UInt8.self, capacity: count)
        for byte in 0..<count { bytes[byte] = [0, 255, 0xF0, 0x0F, UInt8(random.below(256))][random.below(5)] }
        return memory
    }

    /// Planes of a dimension, one behind the other.
    private static func planes(_ count: Int, dimension: Int, _ random: inout SeededRandom) -> VectorMemory {
        let stride = 2 * code_half(dimension)
        let memory = VectorMemory(byteCount: count * stride)
        let bytes = memory.start.bindMemory(to: Int8.self, capacity: count * stride)
        for byte in 0..<count * stride {
            let value = [-127, 127, random.below(255) - 127][random.below(3)]
            bytes[byte] = byte % stride < dimension ? Int8(value) : 0
        }
        return memory
    }

    private static func row(_ coarse: UnsafePointer<UInt8>, _ fine: UnsafePointer<UInt8>) -> code_row {
        code_row(coarse: coarse, fine: fine)
    }

    /// Sums of products of every kind of byte, with every number of rows around the tiles of the kernels.
    @Test func everyVariantEqualsTheScalarOne() {
        var random = SeededRandom(30)
        for dimension in Self.dimensions {
            let half = code_half(dimension)
            for count in [1, 2, 3, 4, 5, 7, 8, 9, 33] {
                let (coarse, fine) = (Self.codes(count * half, &random), Self.codes(count * half, &random))
                let planes = Self.planes(2, dimension: dimension, &random)
                let (upper, lower) = (
                    coarse.start.assumingMemoryBound(to: UInt8.self), fine.start.assumingMemoryBound(to: UInt8.self)
                )
                let rows = (0..<count).map { _ in
                    Self.row(upper + random.below(count) * half, lower + random.below(count) * half)
                }
                // In any order, and not all of them.
                let places = (0..<count).map { _ in UInt32(random.below(count)) }
                func sums(_ kernel: CodeKernel) -> [Int32] {
                    [Int32](unsafeUninitializedCapacity: 2 * count) { buffer, written in
                        code_sums(
                            kernel.variant, rows, places, count, half,
                            planes.start.assumingMemoryBound(to: Int8.self), buffer.baseAddress)
                        written = 2 * count
                    }
                }
                let expected = sums(.scalar)
                for kernel in Self.kernels {
                    #expect(sums(kernel) == expected, "\(kernel), \(dimension) × \(count)")
                }
                withExtendedLifetime((coarse, fine, planes)) {}
            }
        }
    }

    /// The same of coarse halves, with every number of queries.
    @Test func everyVariantEqualsTheScalarOneOnCoarseHalves() {
        var random = SeededRandom(34)
        for dimension in Self.dimensions {
            let half = code_half(dimension)
            for rows in [1, 2, 3, 4, 5, 7, 8, 9, 33] {
                // Rows that are to be summed later do not count, however many there are.
                let ahead = [0, 1, 60][random.below(3)]
                let coarse = Self.codes((rows + ahead) * half, &random)
                for queries in 1...Int(CODE_QUERY_LIMIT) {
                    let planes = Self.planes(queries, dimension: dimension, &random)
                    func sums(_ kernel: CodeKernel) -> [Int32] {
                        [Int32](unsafeUninitializedCapacity: queries * rows) { buffer, written in
                            code_coarse_sums(
                                kernel.variant, coarse.start.assumingMemoryBound(to: UInt8.self), rows, ahead, half,
                                planes.start.assumingMemoryBound(to: Int8.self), queries, buffer.baseAddress)
                            written = queries * rows
                        }
                    }
                    let expected = sums(.scalar)
                    for kernel in Self.kernels {
                        #expect(sums(kernel) == expected, "\(kernel), \(dimension) × \(rows), \(queries) queries")
                    }
                    withExtendedLifetime((coarse, planes)) {}
                }
            }
        }
    }

    /// The sums are those of the codes that halves are made of, component by component.
    @Test func halvesAreOfTheirComponents() throws {
        var random = SeededRandom(35)
        for dimension in Self.dimensions {
            let half = code_half(dimension)
            let row = random.vector(dimension)
            var (coarse, fine) = ([UInt8](repeating: 7, count: half), [UInt8](repeating: 7, count: half))
            var measures = code_measures()
            #expect(code_encode(row, dimension, &coarse, &fine, &measures))
            for component in 0..<dimension {
                var planes = [Int8](repeating: 0, count: 4 * half)
                planes[component] = 1
                planes[2 * half + component] = -1
                var sums: [Int32] = [0, 0]
                coarse.withUnsafeBufferPointer { coarse in
                    fine.withUnsafeBufferPointer { fine in
                        var one = Self.row(coarse.baseAddress!, fine.baseAddress!)
                        code_sums(CODE_KERNEL_SCALAR, &one, [0], 1, half, planes, &sums)
                    }
                }
                let code = (Double(row[component]) / Double(measures.scale)).rounded(.toNearestOrEven)
                #expect(sums == [Int32(code), -Int32(code)], "\(component) of \(dimension)")
                var coarseSum: Int32 = 0
                code_coarse_sums(CODE_KERNEL_SCALAR, coarse, 1, 0, half, planes, 1, &coarseSum)
                #expect(coarseSum == 32 * ((Int32(code) + 128) / 16) - 241, "\(component) of \(dimension)")
            }
        }
    }

    /// Sums of the largest products of the largest dimension.
    @Test func theLargestSumFits() {
        let half = Int(CODE_DIMENSION_LIMIT) / 2
        let full = VectorMemory(byteCount: half)
        let planes = VectorMemory(byteCount: 4 * half)
        let codes = full.start.bindMemory(to: UInt8.self, capacity: half)
        let plane = planes.start.bindMemory(to: Int8.self, capacity: 4 * half)
        plane.initialize(repeating: 127, count: 2 * half)
        (plane + 2 * half).initialize(repeating: -127, count: 2 * half)
        for (byte, code, middle) in [(UInt8(0xFF), 127, 239), (0, -128, -241)] {
            codes.initialize(repeating: byte, count: half)
            for kernel in CodeKernel.allCases where kernel.isSupported {
                var row = Self.row(codes, codes)
                var sums: [Int32] = [0, 0]
                code_sums(kernel.variant, &row, [0], 1, half, plane, &sums)
                let most = Int32(127 * 2 * half)
                #expect(sums == [Int32(code) * most, Int32(-code) * most], "\(kernel)")
                code_coarse_sums(kernel.variant, codes, 1, 0, half, plane, 2, &sums)
                #expect(sums == [Int32(middle) * most, Int32(-middle) * most], "\(kernel)")
            }
        }
    }

    /// A row is its codes times the scale, but for a residual no longer than the radius, and so for its coarse half; no
    /// radius is longer than it has to be.
    @Test(arguments: World.Shape.allCases)
    func radiusHoldsTheResidual(shape: World.Shape) throws {
        var random = SeededRandom(31)
        for dimension in Self.dimensions {
            let half = code_half(dimension)
            let world = try World(shape: shape, using: &random, dimension: dimension, rowCounts: [20])
            for row in world.rows[0].map(\.vector) {
                var (coarse, fine) = ([UInt8](repeating: 7, count: half), [UInt8](repeating: 7, count: half))
                var measures = code_measures()
                #expect(code_encode(row, dimension, &coarse, &fine, &measures))
                let scale = Double(measures.scale)
                var (squares, coarseSquares) = (0.0, 0.0)
                for component in 0..<2 * half {
                    let place = component / 128 * 64 + component % 64
                    let isFirst = component % 128 < 64
                    let upper = isFirst ? coarse[place] >> 4 : coarse[place] & 15
                    let code = 16 * Int(upper) + Int(isFirst ? fine[place] >> 4 : fine[place] & 15)
                    guard component < dimension else {
                        #expect(code == 128)
                        continue
                    }
                    #expect(code >= 1)
                    let value = Double(row[component])
                    let residual = value - scale * Double(code - 128)
                    let coarseResidual = value - scale * (Double(16 * upper) - 120.5)
                    squares += residual * residual
                    coarseSquares += coarseResidual * coarseResidual
                }
                #expect(scale >= 0)
                for (radius, length) in [
                    (measures.radius, squares.squareRoot()), (measures.coarse_radius, coarseSquares.squareRoot()),
                ] {
                    #expect(Double(radius) >= length)
                    #expect(
                        Double(radius) <= length * (1 + 0x1p-20) + 2 * Double(Float.leastNonzeroMagnitude)
                            || length > Double(Float.greatestFiniteMagnitude))
                }
                // Half a step for each component, where the scale is not rounded to nothing.
                if measures.scale >= Float.leastNormalMagnitude {
                    let root = Double(dimension).squareRoot()
                    #expect(Double(measures.radius) <= 0.51 * scale * root)
                    #expect(
                        Double(measures.coarse_radius) <= 8.1 * scale * root || measures.coarse_radius.isInfinite)
                }
            }
        }
    }

    @Test func whatIsNotFiniteHasNoCodes() {
        for value in [Float.nan, .infinity, -.infinity, -.nan] {
            for position in 0..<17 {
                var row = [Float](repeating: 1, count: 17)
                row[position] = value
                var coarse = [UInt8](repeating: 7, count: code_half(17))
                var fine = coarse
                var measures = code_measures(scale: -1, radius: -1, coarse_radius: -1)
                #expect(!code_encode(row, 17, &coarse, &fine, &measures))
                #expect(coarse.allSatisfy { $0 == 7 } && fine == coarse)
                #expect(measures.scale == -1 && measures.radius == -1 && measures.coarse_radius == -1)
            }
        }
    }

    /// The intervals of every row hold its exact score, by whole codes and by coarse halves.
    @Test(arguments: World.Shape.allCases)
    func intervalsHoldTheScores(shape: World.Shape) throws {
        var random = SeededRandom(32)
        for _ in 0..<20 {
            let world = try World(shape: shape, using: &random)
            let planes = world.query.planes
            for row in world.rows.flatMap({ $0 }) {
                let partition = try Self.partition(row.vector)
                let rows = partition.chunks[0].rows
                var one = rows.codes(of: 0, half: planes.half)
                var sums: [Int32] = [0, 0]
                code_sums(CODE_KERNEL_SCALAR, &one, [0], 1, planes.half, planes.planes, &sums)
                var coarseSum: Int32 = 0
                code_coarse_sums(
                    CODE_KERNEL_SCALAR, rows.coarse, 1, 0, planes.half, planes.planes, 1, &coarseSum)
                let score = FixedOrderKernel.dot(world.query.components, row.vector)
                for (sum, bound, radius) in [
                    (254 * Double(sums[0]) + Double(sums[1]), planes.bound, rows.radii[0]),
                    (Double(coarseSum), planes.coarseBound, rows.coarseRadii[0]),
                ] {
                    let (scale, reach) = (Double(rows.scales[0]), Double(radius) * bound.reach)
                    // An infinite radius with a query of zeros is no number, and rules nothing out.
                    #expect(!(scale * (sum * bound.step - bound.spread) - reach > score))
                    #expect(!(scale * (sum * bound.step + bound.spread) + reach < score))
                }
                // What is selected is what reaches a threshold, to the last bit.
                var position: UInt32 = 7
                #expect(
                    code_select(&coarseSum, rows.scales, rows.coarseRadii, 1, planes.coarseBound, score, &position) == 1
                )
                #expect(position == 0)
                withExtendedLifetime(partition) {}
            }
        }
    }

    /// What is selected is what a plain filter finds, with every number of rows around the tiles of the kernel, where radii
    /// are infinite and leave no number to compare, and where a threshold is the upper end of a row to the last bit.
    @Test func selectionIsAFilter() {
        var random = SeededRandom(36)
        for count in 1...40 {
            for _ in 0..<20 {
                let sums = (0..<count).map { _ in Int32(random.below(200_001) - 100_000) }
                let scales = (0..<count).map { _ in Float(random.below(100)) / 1_000 }
                let radii = (0..<count).map { _ in random.below(8) == 0 ? Float.infinity : Float(random.below(50)) / 100
                }
                // A query of zeros reaches nothing.
                let bound = code_bound(
                    step: 0.001, spread: Double(random.below(10)) / 10, reach: Double(random.below(3)) / 2)
                let uppers = (0..<count).map { row in
                    Double(scales[row]) * (Double(sums[row]) * bound.step + bound.spread)
                        + Double(radii[row]) * bound.reach
                }
                for threshold in [-Double.infinity, 0, 1, uppers[random.below(count)]] {
                    let found = Self.positions(count) {
                        code_select(sums, scales, radii, count, bound, threshold, $0)
                    }
                    #expect(
                        found == uppers.indices.filter { !(uppers[$0] < threshold) }, "\(count) rows, \(threshold)")
                }
            }
        }
    }

    /// Scores below the limit are left out, unless they are no finite numbers.
    @Test func selectionOfScoresIsAFilter() {
        var random = SeededRandom(39)
        for count in 0...40 {
            for _ in 0..<20 {
                let scores = (0..<count).map { _ in
                    switch random.below(12) {
                    case 0: [Float.nan, .infinity, -.infinity][random.below(3)]
                    case 1: [Float.greatestFiniteMagnitude, -Float.greatestFiniteMagnitude, 0][random.below(3)]
                    default: Float(random.below(200)) / 100 - 1
                    }
                }
                for limit in [-Float.infinity, 0, 0.5, .greatestFiniteMagnitude, .nan, scores.first ?? 1] {
                    let found = Self.positions(count) { score_select(scores, count, limit, $0) }
                    #expect(
                        found == scores.indices.filter { !(scores[$0] < limit && scores[$0].isFinite) },
                        "\(count) rows, \(limit)")
                }
            }
        }
    }

    /// Rows that wait leave as those that lead, until none is left that reaches the threshold: each of them once, none
    /// before one that is more promising by half of the range, and none of the others.
    @Test func leadingRowsAreThoseOfTheUpperHalf() {
        var random = SeededRandom(38)
        for count in Array(0...70) + [255, 256] {
            for _ in 0..<20 {
                let ends = (0..<count).map { _ in
                    random.below(30) == 0 ? Double.infinity : Double(random.below(2_000)) / 1_000 - 1
                }
                let threshold = [-Double.infinity, -0.5, 0, ends.randomElement(using: &random) ?? 0][random.below(4)]
                var (uppers, places, left) = (ends, (0..<count).map { UInt32($0) }, count)
                var expected = ends.indices.filter { !(ends[$0] < threshold) }
                repeat {
                    let found = Self.positions(count) { code_leading(&uppers, &places, &left, threshold, $0) }
                    let reaching = expected.map { ends[$0] }
                    let from =
                        expected.count > 32 ? reaching.max()! / 2 + reaching.min()! / 2 : -Double.infinity
                    #expect(found == expected.filter { ends[$0] >= from }, "\(count) rows, \(threshold)")
                    expected.removeAll { ends[$0] >= from }
                    #expect(places.prefix(left).map { Int($0) } == expected, "\(count) rows, \(threshold)")
                    #expect(uppers.prefix(left).elementsEqual(expected.map { ends[$0] }))
                } while left > 0
            }
        }
    }

    private static func positions(_ room: Int, _ body: (UnsafeMutablePointer<UInt32>) -> Int) -> [Int] {
        [UInt32](unsafeUninitializedCapacity: room) { buffer, count in
            count = body(buffer.baseAddress!)
        }.map { Int($0) }
    }

    /// What the coarse halves are for: of rows like those of texts, few are read whole.
    @Test func coarseHalvesRuleOutNearlyAllRows() throws {
        var random = SeededRandom(37)
        let query = random.vector(384)
        // Most rows lie about a middle that is not the query's, and some near the query.
        let middle = random.vector(384)
        var batch = try RowBatch(dimension: 384)
        for row in 0..<4_000 {
            let near = zip(row % 100 == 0 ? query : middle, random.vector(384)).map { 2 * $0 + $1 }
            try batch.append(RowKey(high: UInt64(row), low: 0), near)
        }
        let vector = try QueryVector(query)
        let planes = vector.planes
        let partition = try Partition(batch)
        let best = try ExactScan().topK(query: vector, k: 10, partitions: [partition])
        var left = 0
        for chunk in partition.chunks {
            let count = chunk.place.rows.count
            var sums = [Int32](repeating: 0, count: count)
            code_coarse_sums(
                CodeKernel.best.variant, chunk.rows.coarse, count, 0, planes.half, planes.planes, 1, &sums)
            left +=
                Self.positions(count) {
                    code_select(
                        sums, chunk.rows.scales, chunk.rows.coarseRadii, count, planes.coarseBound, best[9].score, $0)
                }.count
        }
        #expect(10..<100 ~= left)
        withExtendedLifetime(partition) {}
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
        let (bound, coarse) = (query.planes.bound, query.planes.coarseBound)
        let scale = Double(codes.scales[0])
        // The query's own residual must not be what decides.
        #expect(scale * bound.spread < 0.1 * Double(codes.radii[0]) * bound.reach)
        #expect(Double(codes.radii[0]) * bound.reach < 0.02)
        #expect(scale * coarse.spread < 0.5 * Double(codes.coarseRadii[0]) * coarse.reach)
        #expect(Double(codes.coarseRadii[0]) * coarse.reach < 0.2)
        withExtendedLifetime(partition) {}
    }

    private static func partition(_ vector: [Float]) throws -> Partition {
        var batch = try RowBatch(dimension: vector.count)
        try batch.append(RowKey(high: 0, low: 0), vector)
        return try Partition(batch)
    }
}
