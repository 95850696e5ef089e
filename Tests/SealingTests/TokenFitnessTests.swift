import CSealing
import Foundation
import TestSupport
import Testing

@testable import Sealing

/// Keys that carry the right label and are still no root keys.
@Suite("Keys that are unfit")
struct TokenFitnessTests {
    enum Fault: String, CaseIterable {
        case extractable = "it is extractable"
        case readable = "it is not sensitive"
        case short = "it is not an AES key of 256 bits"
        case sealsOnly = "it may not encrypt and decrypt"
    }

    @Test("A key that could leave the token or does not do its work is refused", arguments: Fault.allCases)
    func unfit(fault: Fault) throws {
        let token = try SoftToken.next()
        let good = try TokenKey.generate(in: token.source())
        #expect(try TokenKey.all(of: token.source()).map(\.id) == [good.id])
        let length = fault == .short ? 16 : 32
        let id = [UInt8](repeating: 1, count: RootKeyID.length)
        try token.importKey([UInt8](repeating: 9, count: length), id: id, label: "root") { template in
            switch fault {
            case .extractable: template.replace(CKA_EXTRACTABLE, true)
            case .readable: template.replace(CKA_SENSITIVE, false)
            case .short: break
            case .sealsOnly: template.replace(CKA_DECRYPT, false)
            }
        }
        let error = #expect(throws: KeyError.self) { try TokenKey.all(of: token.source()) }
        #expect(
            "\(try #require(error))".contains(
                "key 01010101 in token \"\(token.label)\" cannot be a root key: \(fault.rawValue)"))
    }

    @Test("A key whose id has another length is somebody else's")
    func otherIDs() throws {
        let token = try SoftToken.next()
        try token.importKey([UInt8](repeating: 9, count: 32), id: [1, 2], label: "root") {
            $0.replace(CKA_EXTRACTABLE, true)
        }
        #expect(throws: KeyError.self) { try TokenKey.all(of: token.source()) }
        let key = try TokenKey.generate(in: token.source())
        #expect(try TokenKey.all(of: token.source()).map(\.id) == [key.id])
    }

    @Test("Two keys with one id are refused")
    func sameID() throws {
        let token = try SoftToken.next()
        let id = [UInt8](repeating: 3, count: RootKeyID.length)
        try token.importKey([UInt8](repeating: 1, count: 32), id: id, label: "root")
        #expect(try TokenKey.all(of: token.source()).count == 1)
        try token.importKey([UInt8](repeating: 2, count: 32), id: id, label: "root")
        let error = #expect(throws: KeyError.self) { try TokenKey.all(of: token.source()) }
        #expect("\(try #require(error))".contains("another key of the label has the same CKA_ID"))
    }

    @Test("A token that makes an extractable key is told, and the key is taken back")
    func madeExtractable() throws {
        let token = try SoftToken.next()
        let source = token.source(module: try token.deviating { $0.makesExtractableKeys = true }.module)
        let error = #expect(throws: KeyError.self) { try TokenKey.generate(in: source) }
        #expect("\(try #require(error))".contains("it is extractable"))
        let left = try TokenSession(source).use("look") { session throws(TokenFault) in
            try session.find(.rootKeys(label: "root"))
        }
        #expect(left.isEmpty)
    }
}
