import Foundation
import Testing

@testable import TextEmbedding

@Suite("The set-up")
struct SetupHashTests {
    @Test("It fetches the model that the program expects, to where the program looks for it")
    func sameHashes() throws {
        let setup = try String(contentsOf: Fixtures.packageRoot.appending(path: ".ci/setup"), encoding: .utf8)
        #expect(setup.contains("\(ModelFolder.weightsSHA256)  \(ModelFolder.weightsName)"))
        #expect(setup.contains("\(ModelFolder.vocabularySHA256)  \(ModelFolder.vocabularyName)"))
        #expect(setup.contains("model=\(ModelFolder.usualPath)\n"))
    }
}
