import CSealing
import Foundation
import Glibc
import Synchronization

/// A PKCS#11 module: the shared library by which a token is reached.
///
/// It is loaded and initialised once for a path in a process and never finalised, for C_Finalize ends all sessions of
/// the process.
final class TokenModule: Sendable {
    let path: String
    /// Valid as long as the library is loaded, which it stays.
    nonisolated(unsafe) let functions: UnsafePointer<CK_FUNCTION_LIST>
    /// Some modules make slots while they list them.
    let listing = Mutex(())

    static let loaded = Mutex<[String: TokenModule]>([:])

    init(path: String, functions: UnsafePointer<CK_FUNCTION_LIST>) {
        self.path = path
        self.functions = functions
    }

    /// The module in the file at `path`, ready for use.
    static func at(_ path: String) throws(KeyError) -> TokenModule {
        try loaded.withLock { loaded throws(KeyError) in
            if let module = loaded[path] { return module }
            let module = TokenModule(path: path, functions: try functions(of: path))
            try module.initialize()
            loaded[path] = module
            return module
        }
    }

    /// Calls a function of the module; one that it lacks is one that it does not support.
    func call(_ name: String, _ body: (CK_FUNCTION_LIST) -> CK_RV?) throws(TokenFault) {
        let answer = body(functions.pointee) ?? CKR_FUNCTION_NOT_SUPPORTED
        guard answer == CKR_OK else { throw .answer(answer, call: name) }
    }

    private static func functions(of path: String) throws(KeyError) -> UnsafePointer<CK_FUNCTION_LIST> {
        func unusable(_ reason: String) -> KeyError {
            .token(
                what: "cannot use the PKCS#11 module \(path)", reason: reason,
                remedy: "install the token's software, or correct the module's path in the settings")
        }
        guard FileManager.default.fileExists(atPath: path) else { throw unusable("there is no such file") }
        guard let library = dlopen(path, RTLD_NOW | RTLD_LOCAL) else {
            throw unusable("it is not a shared library that can be loaded (\(String(cString: dlerror())))")
        }
        guard let symbol = dlsym(library, "C_GetFunctionList") else {
            dlclose(library)
            throw unusable("it is a shared library, but no PKCS#11 module: it has no C_GetFunctionList")
        }
        typealias GetFunctionList =
            @convention(c) (UnsafeMutablePointer<UnsafeMutablePointer<CK_FUNCTION_LIST>?>) -> CK_RV
        var list: UnsafeMutablePointer<CK_FUNCTION_LIST>?
        let answer = unsafeBitCast(symbol, to: GetFunctionList.self)(&list)
        guard answer == CKR_OK, let list else {
            throw unusable("it does not say its functions (\(TokenFault.answer(answer, call: "C_GetFunctionList")))")
        }
        return UnsafePointer(list)
    }

    private func initialize() throws(KeyError) {
        do {
            try call("C_Initialize") { functions in
                var arguments = CK_C_INITIALIZE_ARGS()
                arguments.flags = CKF_OS_LOCKING_OK
                return functions.C_Initialize?(&arguments)
            }
        } catch .answer(CKR_CRYPTOKI_ALREADY_INITIALIZED, _) {
            // Another path leads to the same library, or another part of the process uses it.
        } catch {
            throw error.keyError(
                "cannot initialise the PKCS#11 module \(path)",
                remedy: "check the module's own configuration and that this user may read it")
        }
    }
}
