import CBLAS
import Glibc

/// The BLAS library that answers in this process.
///
/// The program links against the interface; which library stands behind it is the machine's choice (Debian:
/// `update-alternatives`). The choice changes how long a scan takes and never what it finds: its scores only select
/// candidates (Rule 3, exact by default).
package struct BLASLibrary: Sendable {
    /// What the library says about itself, for start-up logs: `OpenBLAS 0.3.21 …`, or `reference BLAS`.
    package let name: String
    /// Whether it is a library made to be fast.
    package let isOptimised: Bool

    /// The library, looked up once. From then on it starts no threads of its own: a scan is one thread, and parallelism
    /// is over queries.
    package static let current = BLASLibrary()

    private init() {
        if let setThreads = Self.symbol("openblas_set_num_threads", as: (@convention(c) (CInt) -> Void).self) {
            setThreads(1)
        }
        typealias Text = @convention(c) () -> UnsafePointer<CChar>?
        let configuration = Self.symbol("openblas_get_config", as: Text.self)?()
        let core = Self.symbol("openblas_get_corename", as: Text.self)?()
        if let configuration {
            let words = String(cString: configuration).split(separator: " ").prefix(2).joined(separator: " ")
            name = core.map { "\(words) (\(String(cString: $0)))" } ?? words
        } else {
            name = "reference BLAS"
        }
        isOptimised = configuration != nil
    }

    /// A function of the library that not every library has.
    private static func symbol<Function>(_ name: String, as type: Function.Type) -> Function? {
        // nil is RTLD_DEFAULT: the libraries of this process, in the order in which they were loaded.
        dlsym(nil, name).map { unsafeBitCast($0, to: type) }
    }

    /// The float32 scores of rows that lie one behind the other, for queries that do, as good as the library makes them:
    /// their last bits depend on the library, the machine and the number of rows and queries.
    /// O(count × queryCount × dimension).
    ///
    /// - Parameter scores: receives those of the first query, `count` of them, and those of the others behind them.
    func scores(
        of rows: UnsafePointer<Float>, count: Int, queries: UnsafePointer<Float>, _ queryCount: Int, dimension: Int,
        into scores: UnsafeMutablePointer<Float>
    ) {
        if count == 0 { return }
        let (rowCount, width) = (CInt(count), CInt(dimension))
        if queryCount == 1 {
            cblas_sgemv(
                CblasRowMajor, CblasNoTrans, rowCount, width, 1, rows, width, queries, 1, 0, scores, 1)
        } else {
            cblas_sgemm(
                CblasRowMajor, CblasNoTrans, CblasTrans, CInt(queryCount), rowCount, width, 1, queries, width, rows,
                width, 0, scores, rowCount)
        }
    }

    /// The same for one query.
    func scores(
        of rows: UnsafePointer<Float>, query: QueryVector, into scores: UnsafeMutableBufferPointer<Float>
    ) {
        guard let target = scores.baseAddress else { return }
        query.components.withUnsafeBufferPointer {
            self.scores(
                of: rows, count: scores.count, queries: $0.baseAddress!, 1, dimension: query.dimension, into: target)
        }
    }
}
