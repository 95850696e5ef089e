import Enclaves
import Foundation
import IndexStore
import JWTKit
import Sealing
import TestSupport
import Testing

@testable import QueryService

@Suite("The development issuer's key")
struct DevelopmentIssuerTests {
    @Test("Is made once, for its owner's eyes alone, and refused where others can read it")
    func keyFile() async throws {
        let sample = try SampleEnclave()
        let enclave = try Enclave(folder: sample.url)
        let path = enclave.settings.index.path + ".issuer.pem"
        let first = try DevelopmentIssuer(enclave: enclave).publicKey
        #expect(IndexInspection.exposure(of: path) == nil)
        #expect(!FileManager.default.fileExists(atPath: path + ".draft"))
        let again = try DevelopmentIssuer(enclave: enclave).publicKey
        #expect(first.pemRepresentation == again.pemRepresentation)
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: path)
        do {
            _ = try DevelopmentIssuer(enclave: enclave)
            Issue.record("a key that others can read is taken")
        } catch let error as KeyError {
            #expect("\(error)".contains("has mode 644"))
        }
    }
}
