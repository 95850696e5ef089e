import Foundation

/// What sealing costs: records, start-up, relabel, erasure, rotation of keys.
struct SealingMeasurement: Sendable {
    static let passages = 100_000
    /// What relabelling and erasing take documents of.
    static let leastPassages = 50_000

    private let series: DocumentSeries
    private let isQuick: Bool

    init(workspace: URL, passages: Int, isQuick: Bool) {
        self.isQuick = isQuick
        let rows = isQuick ? min(passages, 20_000) : passages
        series = DocumentSeries(
            folder: workspace.appending(path: "sealing"), count: rows / DocumentSeries.passagesPerDocument)
    }

    func sections() async throws -> [Section] {
        try FileManager.default.createDirectory(at: series.folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: series.folder) }
        let opening = OpeningMeasurement(series: series, rounds: isQuick || series.passages > 500_000 ? 3 : 7)
        return [
            try await CipherMeasurement(isQuick: isQuick).section(), try await opening.fill(),
            try await opening.section(),
            try await RotationMeasurement(series: series, rounds: isQuick ? 2 : 5).section(),
            try await ChangeMeasurement(series: series, isQuick: isQuick).section(),
        ]
    }
}
