import Foundation
import Glibc
import VectorSearch

/// What the figures were measured on.
struct Machine: Codable, Sendable {
    let processor: String
    let cores: Int
    let memoryGigabytes: Int
    let blas: String
    let swift: String
    let load: Double

    static var current: Machine {
        Machine(
            processor: field("model name", of: "/proc/cpuinfo") ?? "unknown",
            cores: ProcessInfo.processInfo.processorCount,
            memoryGigabytes: Int((Double(ProcessInfo.processInfo.physicalMemory) / 1e9).rounded()),
            blas: BLASLibrary.current.name, swift: compiler, load: loadAverage)
    }

    private var facts: [(String, String)] {
        [
            ("processor", "\(processor), \(cores) cores"), ("memory", "\(memoryGigabytes) GB"), ("BLAS", blas),
            ("Swift", swift), ("load when the run began", Figure(load, decimals: 2).text),
        ]
    }

    var text: String { facts.map { "\($0): \($1)\n" }.joined() }

    var markdown: String { facts.map { "- \($0): \($1)\n" }.joined() }

    /// The value behind a name in one of the kernel's text files.
    static func field(_ name: String, of path: String) -> String? {
        guard let data = FileManager.default.contents(atPath: path) else { return nil }
        let line = String(decoding: data, as: UTF8.self).split(separator: "\n").first { $0.hasPrefix(name) }
        return line?.split(separator: ":", maxSplits: 1).last.map { $0.trimmingCharacters(in: .whitespaces) }
    }

    /// Other work on the machine, averaged over the last minute.
    private static var loadAverage: Double {
        var averages = [0.0, 0, 0]
        return getloadavg(&averages, 3) > 0 ? averages[0] : 0
    }

    private static var compiler: String {
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["swift", "--version"]
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return "unknown" }
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        let words = text.split(whereSeparator: \.isWhitespace)
        guard let version = words.firstIndex(of: "version"), version + 1 < words.count else { return "unknown" }
        return String(words[version + 1])
    }
}

/// Memory that this process has in use, by the kernel's account.
struct ResidentMemory: Sendable {
    /// Megabytes now.
    static var now: Double { megabytes("VmRSS") }
    /// The most since the process began.
    static var peak: Double { megabytes("VmHWM") }

    private static func megabytes(_ field: String) -> Double {
        let kibibytes = Machine.field(field, of: "/proc/self/status")?.split(separator: " ").first.flatMap {
            Double($0)
        }
        return (kibibytes ?? 0) * 1024 / 1e6
    }
}
