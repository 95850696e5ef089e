import Foundation
import IndexStore
import Ingest
import QueryService
import TextEmbedding

/// Ingest of the sample enclave with the real model, from nothing, and what it needs of memory.
struct IngestMeasurement: Sendable {
    private let workspace: URL
    private let sample: URL
    private let model: String
    private let runs: Int

    init(workspace: URL, enclave: String, model: String, isQuick: Bool) {
        self.workspace = workspace
        sample = URL(filePath: enclave)
        self.model = model
        runs = isQuick ? 2 : 5
    }

    func section() async throws -> Section {
        let atStart = ResidentMemory.now
        let embedder = try MiniLMEmbedder(modelDirectory: model)
        let loaded = ResidentMemory.now
        let peakOfLoading = ResidentMemory.peak
        var documents: [Double] = []
        var passages: [Double] = []
        var again: [Double] = []
        var ingested = 0.0
        var summary = IngestSummary?.none
        for run in 0..<runs {
            let engine = try await Engine(folder: try copy(run), create: true, embedder: embedder)
            let first = try await engine.ingest { _ in }
            guard first.embedded > 0, first.unchanged == 0 else { throw UnexpectedAnswer(what: "nothing was ingested") }
            documents.append(Double(first.added) / first.seconds)
            passages.append(Double(first.passages) / first.seconds)
            if run == 0 { ingested = ResidentMemory.now }
            again.append(try await engine.ingest { _ in }.seconds * 1000)
            summary = first
            Subject.ingest.note("\(run + 1) of \(runs) runs")
        }
        func row(_ name: String, _ figure: Figure) -> Section.Row { Section.Row(name: name, cells: [figure]) }
        return Section(
            title: "Ingest of the sample enclave",
            explanation: [
                "\(summary?.added ?? 0) documents (Markdown, text, HTML, PDF) that become \(summary?.passages ?? 0) "
                    + "passages, with the real model on all cores, into a new index; extraction, labels, embedding and "
                    + "durable commits counted. Median of \(runs) runs.",
                "Again: the same ingest with nothing changed.",
                "Memory is VmRSS (now) and VmHWM (peak) of a process that does nothing else.",
            ],
            columns: ["", "median"],
            rows: [
                row("documents/s", Figure(medianOf: documents, decimals: 2)),
                row("passages/s", Figure(medianOf: passages, decimals: 1)),
                row("again, ms", Figure(medianOf: again, decimals: 1)),
                row("memory before the model, MB", Figure(atStart, decimals: 0)),
                row("memory with the model, MB", Figure(loaded, decimals: 0)),
                row("peak while loading the model, MB", Figure(peakOfLoading, decimals: 0)),
                row("memory after the first ingest, MB", Figure(ingested, decimals: 0)),
                row("peak of all, MB", Figure(ResidentMemory.peak, decimals: 0)),
            ], targets: [])
    }

    /// A copy of the enclave with an index of its own.
    private func copy(_ run: Int) throws -> URL {
        let folder = workspace.appending(path: "ingest-\(run)/enclave")
        try FileManager.default.createDirectory(
            at: folder.deletingLastPathComponent(), withIntermediateDirectories: true)
        try FileManager.default.copyItem(at: sample, to: folder)
        let file = folder.appending(path: "portcullis.yaml")
        let settings = String(decoding: try Data(contentsOf: file), as: UTF8.self)
        let rewritten = settings.split(separator: "\n", omittingEmptySubsequences: false)
            .map { $0.hasPrefix("index:") ? "index: ../index.sqlite" : String($0) }
        try Data(rewritten.joined(separator: "\n").utf8).write(to: file)
        return folder
    }
}
