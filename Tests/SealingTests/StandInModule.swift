import CSealing
import Foundation
import Synchronization
import TestSupport

@testable import Sealing

/// What a token of a test does otherwise than SoftHSM does.
struct Deviation: Sendable {
    /// What C_Login answers; where nil, what SoftHSM does.
    var login: CK_RV?
    /// Flags of the token besides its own.
    var flags: CK_FLAGS = 0
    var label: String?
    var makesExtractableKeys = false
    /// So many calls of C_Decrypt fail before the next one that does not.
    var decryptionFaults = 0
    /// Calls of C_Login so far.
    fileprivate(set) var logins = 0
}

/// SoftHSM with functions of its own for tokens that deviate, told apart by their slots: C functions hold no state.
enum StandInModule {
    private static let deviations = Mutex<[CK_SLOT_ID: Deviation]>([:])
    nonisolated(unsafe) private static var real = CK_FUNCTION_LIST()

    /// The path under which the module is loaded.
    fileprivate static func path(over module: String) throws -> String {
        let path = "/stand-in for \(module)"
        let loaded = try TokenModule.at(module)
        TokenModule.loaded.withLock { modules in
            guard modules[path] == nil else { return }
            real = loaded.functions.pointee
            let functions = UnsafeMutablePointer<CK_FUNCTION_LIST>.allocate(capacity: 1)
            functions.initialize(to: real)
            replaceFunctions(&functions.pointee)
            modules[path] = TokenModule(path: path, functions: functions)
        }
        return path
    }

    private static func replaceFunctions(_ functions: inout CK_FUNCTION_LIST) {
        functions.C_GetTokenInfo = { slot, info in
            let answer = StandInModule.real.C_GetTokenInfo(slot, info)
            let deviation = StandInModule.deviation(of: slot)
            info?.pointee.flags |= deviation.flags
            if let label = deviation.label, let info {
                let padded = Array(label.utf8) + [UInt8](repeating: 0x20, count: 32 - label.utf8.count)
                withUnsafeMutableBytes(of: &info.pointee.label) { $0.copyBytes(from: padded) }
            }
            return answer
        }
        functions.C_Login = { session, user, pin, length in
            let answer = StandInModule.change(session) { deviation in
                deviation.logins += 1
                return deviation.login
            }
            return answer ?? StandInModule.real.C_Login(session, user, pin, length)
        }
        functions.C_GenerateKey = { session, mechanism, attributes, count, object in
            if StandInModule.change(session, { $0.makesExtractableKeys }) {
                for index in 0..<Int(count) where attributes?[index].type == CKA_EXTRACTABLE {
                    attributes?[index].pValue.storeBytes(of: 1, as: UInt8.self)
                }
            }
            return StandInModule.real.C_GenerateKey(session, mechanism, attributes, count, object)
        }
        functions.C_Decrypt = { session, input, inputLength, output, outputLength in
            let fails = StandInModule.change(session) { deviation in
                deviation.decryptionFaults -= 1
                return deviation.decryptionFaults >= 0
            }
            let answer = StandInModule.real.C_Decrypt(session, input, inputLength, output, outputLength)
            return fails ? CKR_GENERAL_ERROR : answer
        }
    }

    fileprivate static func deviation(of slot: CK_SLOT_ID) -> Deviation {
        deviations.withLock { $0[slot] ?? Deviation() }
    }

    private static func change<Value: Sendable>(
        _ session: CK_SESSION_HANDLE, _ body: (inout Deviation) -> Value
    ) -> Value {
        var info = CK_SESSION_INFO()
        _ = real.C_GetSessionInfo(session, &info)
        return change(slot: info.slotID, body)
    }

    @discardableResult
    fileprivate static func change<Value: Sendable>(slot: CK_SLOT_ID, _ body: (inout Deviation) -> Value) -> Value {
        deviations.withLock { body(&$0[slot, default: Deviation()]) }
    }
}

extension SoftToken {
    /// The token, reached through the module that deviates for it.
    func deviating(_ change: (inout Deviation) -> Void = { _ in }) throws -> DeviatingToken {
        let slot = try TokenModule.at(module).slot(of: source()).id
        StandInModule.change(slot: slot) { change(&$0) }
        return DeviatingToken(module: try StandInModule.path(over: module), slot: slot)
    }
}

struct DeviatingToken {
    let module: String
    fileprivate let slot: CK_SLOT_ID

    var logins: Int { StandInModule.deviation(of: slot).logins }

    func change(_ body: (inout Deviation) -> Void) {
        StandInModule.change(slot: slot) { body(&$0) }
    }

    /// Ends all sessions that the process has with the token, as when it was out for a moment.
    func endSessions() throws {
        try TokenModule.at(module).call("C_CloseAllSessions") { $0.C_CloseAllSessions(slot) }
    }
}
