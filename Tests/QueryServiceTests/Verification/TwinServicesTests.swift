import Foundation
import Synchronization
import TestSupport
import Testing

@testable import QueryService

@Suite("Services that are compared")
struct TwinServicesTests {
    @Test("Their sockets lie in a folder for this user alone, another one each time, and it is gone afterwards")
    func folder() async throws {
        let enclave = try SampleEnclave()
        let engine = try await Engine(
            folder: enclave.url, create: true, embedder: HashingEmbedder(), logger: TestServer.quiet)
        let paths = Mutex<[String]>([])
        for turn in 1...2 {
            try await TwinServices.with(
                engine.current,
                live: { access, address, onRunning in
                    // The path, in quotes: it is no public part of an address.
                    let parts = String(describing: address).split(separator: "\"")
                    paths.withLock { $0 += parts.filter { $0.hasPrefix("/") }.map(String.init) }
                    return TwinServices.builder(logger: TestServer.quiet)(access, address, onRunning)
                }, logger: TestServer.quiet
            ) { _ in
                let path = try #require(paths.withLock { $0.count == turn ? $0.last : nil })
                let folder = URL(filePath: path).deletingLastPathComponent().path
                let attributes = try FileManager.default.attributesOfItem(atPath: folder)
                #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == 0o700)
                #expect((attributes[.ownerAccountID] as? NSNumber)?.uint32Value == getuid())
            }
        }
        let folders = paths.withLock { $0.map { URL(filePath: $0).deletingLastPathComponent().path } }
        #expect(Set(folders).count == 2 && folders.allSatisfy { !FileManager.default.fileExists(atPath: $0) })
    }
}
