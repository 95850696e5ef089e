import CFaultFileLayer
import Foundation
import TestSupport
import Testing

/// The failing file layer over the files of one folder (`Tests/FaultFileLayer/include/fault_layer.h`).
final class FaultLayer {
    private let layer: OpaquePointer

    init(_ folder: TemporaryFolder) throws {
        try #require(fault_layer_install())
        // SQLite opens files by the path that has no links in it.
        layer = try #require(fault_layer_create(folder.url.resolvingSymlinksInPath().path))
    }

    deinit {
        fault_layer_free(layer)
    }

    /// Operations since `arm`.
    var operations: Int { Int(fault_layer_operations(layer)) }
    var hasFailed: Bool { fault_layer_has_failed(layer) }
    var openFiles: Int { Int(fault_layer_open_files(layer)) }
    var ignoresSyncs = false {
        didSet { fault_layer_ignore_syncs(layer, ignoresSyncs) }
    }

    /// What the operation that failed was.
    var failure: String {
        var text = [CChar](repeating: 0, count: 256)
        fault_layer_describe(layer, &text, Int32(text.count))
        return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// Counts anew from 1, and lets that operation fail.
    func arm(_ kind: fault_kind, _ code: fault_code = FAULT_CODE_IO, at operation: Int = 0) {
        fault_layer_arm(layer, kind, code, Int64(operation))
    }

    func disarm() { arm(FAULT_NONE) }

    /// Leaves on the disk what a power cut would leave.
    func crash(_ keep: fault_keep, seed: UInt64 = 0) throws {
        try #require(fault_layer_open_files(layer) == 0, "a file is still open")
        try #require(fault_layer_crash(layer, keep, seed))
    }
}
