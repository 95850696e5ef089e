import Foundation

/// How much memory there is for the model and the vectors.
struct MemoryCheck {
    /// The model takes 115 MB, and twice that while it is read.
    private static let least: Int64 = 256 << 20
    private static let comfortable: Int64 = 1 << 30

    /// Bytes that could be taken now, and all there are; nil where the system does not tell.
    let available: Int64?
    let total: Int64?

    init() {
        let lines = ((try? String(contentsOfFile: "/proc/meminfo", encoding: .utf8)) ?? "").split(separator: "\n")
        func kilobytes(_ key: String) -> Int64? {
            let words = lines.first { $0.hasPrefix(key + ":") }?.split(separator: " ")
            return words.flatMap { $0.count > 1 ? Int64($0[1]) : nil }.map { $0 << 10 }
        }
        func number(_ file: String) -> Int64? {
            (try? String(contentsOfFile: "/sys/fs/cgroup/" + file, encoding: .utf8)).flatMap {
                Int64($0.filter { !$0.isNewline })
            }
        }
        // A container may have less than the machine.
        let limit = number("memory.max")
        let free = limit.map { max(0, $0 - (number("memory.current") ?? 0)) }
        self.init(
            available: [kilobytes("MemAvailable"), free].compactMap(\.self).min(),
            total: [kilobytes("MemTotal"), limit].compactMap(\.self).min())
    }

    init(available: Int64?, total: Int64?) {
        self.available = available
        self.total = total
    }

    var findings: [Finding] {
        guard let available, let total else {
            return [.warning("memory", "the system does not tell", remedy: "see to 1 GB that is free")]
        }
        let detail = "\(ByteCount.text(available)) of \(ByteCount.text(total)) available"
        let remedy = "free or add some: the model needs 250 MB, and every million passages 1.6 GB"
        if available < Self.least { return [.problem("memory", detail, remedy: remedy)] }
        if available < Self.comfortable { return [.warning("memory", detail, remedy: remedy)] }
        return [.ok("memory", detail)]
    }
}

/// Bytes as people read them.
enum ByteCount {
    /// One decimal at most: `820 MB`, `1.5 GB`. Thousands, not 1024s.
    static func text(_ bytes: Int64) -> String {
        var (value, unit) = (bytes, 0)
        let units = ["bytes", "kB", "MB", "GB", "TB"]
        var tenths: Int64 = 0
        while value >= 1000 && unit < units.count - 1 {
            tenths = value % 1000 / 100
            value /= 1000
            unit += 1
        }
        return value < 10 && tenths > 0 ? "\(value).\(tenths) \(units[unit])" : "\(value) \(units[unit])"
    }
}
