import CSealing

/// Why a token did not do what was asked.
enum TokenFault: Error {
    /// What the module answered (CK_RV) to a call.
    case answer(CK_RV, call: String)
    /// What was found out without the module, or said already.
    case refusal(KeyError)
    /// The token does not take the PIN. It is not to be tried again, for tokens lock themselves.
    case login(KeyError)

    /// For people. `remedy` is what to do about an answer; a refusal has its own.
    func keyError(_ what: String, remedy: String) -> KeyError {
        switch self {
        case .answer: .token(what: what, reason: "\(self)", remedy: remedy)
        case .refusal(let error), .login(let error): error
        }
    }

    /// Whether a new session and login may help: the token was out, or the session or the object is not what it was.
    var losesSession: Bool {
        guard case .answer(let code, _) = self else { return false }
        return switch code {
        case CKR_FUNCTION_FAILED, CKR_GENERAL_ERROR, CKR_DEVICE_ERROR, CKR_DEVICE_REMOVED, CKR_KEY_HANDLE_INVALID,
            CKR_OBJECT_HANDLE_INVALID,
            CKR_OPERATION_ACTIVE, CKR_SESSION_CLOSED, CKR_SESSION_HANDLE_INVALID, CKR_SLOT_ID_INVALID,
            CKR_TOKEN_NOT_PRESENT, CKR_TOKEN_NOT_RECOGNIZED, CKR_USER_NOT_LOGGED_IN:
            true
        default: false
        }
    }

    /// Whether the answer says that a sealed text is not what was sealed.
    var refusesText: Bool {
        guard case .answer(let code, _) = self else { return false }
        return [CKR_ENCRYPTED_DATA_INVALID, CKR_ENCRYPTED_DATA_LEN_RANGE, Self.aeadDecryptFailed].contains(code)
    }

    /// Whether the answer may mean that or anything else.
    var isVague: Bool {
        guard case .answer(let code, _) = self else { return false }
        return [CKR_GENERAL_ERROR, CKR_FUNCTION_FAILED, CKR_DEVICE_ERROR].contains(code)
    }

    /// CKR_AEAD_DECRYPT_FAILED of PKCS #11 v3.0.
    private static let aeadDecryptFailed: CK_RV = 0x35
}

extension TokenFault: CustomStringConvertible {
    var description: String {
        switch self {
        case .answer(let code, let call):
            "\(call) answers \(Self.names[code] ?? "with an error of the maker's own"), 0x\(String(code, radix: 16))"
        case .refusal(let error), .login(let error): "\(error)"
        }
    }

    /// The answers that a set-up can bring about (OASIS PKCS #11 v2.40, section 5.1).
    private static let names: [CK_RV: String] = [
        CKR_HOST_MEMORY: "CKR_HOST_MEMORY",
        CKR_SLOT_ID_INVALID: "CKR_SLOT_ID_INVALID",
        CKR_GENERAL_ERROR: "CKR_GENERAL_ERROR",
        CKR_FUNCTION_FAILED: "CKR_FUNCTION_FAILED",
        CKR_ARGUMENTS_BAD: "CKR_ARGUMENTS_BAD",
        CKR_CANT_LOCK: "CKR_CANT_LOCK",
        CKR_ATTRIBUTE_SENSITIVE: "CKR_ATTRIBUTE_SENSITIVE",
        CKR_ATTRIBUTE_TYPE_INVALID: "CKR_ATTRIBUTE_TYPE_INVALID",
        CKR_ATTRIBUTE_VALUE_INVALID: "CKR_ATTRIBUTE_VALUE_INVALID",
        CKR_DEVICE_ERROR: "CKR_DEVICE_ERROR",
        CKR_DEVICE_MEMORY: "CKR_DEVICE_MEMORY",
        CKR_DEVICE_REMOVED: "CKR_DEVICE_REMOVED",
        CKR_ENCRYPTED_DATA_INVALID: "CKR_ENCRYPTED_DATA_INVALID",
        CKR_FUNCTION_NOT_SUPPORTED: "CKR_FUNCTION_NOT_SUPPORTED",
        CKR_KEY_HANDLE_INVALID: "CKR_KEY_HANDLE_INVALID",
        CKR_KEY_FUNCTION_NOT_PERMITTED: "CKR_KEY_FUNCTION_NOT_PERMITTED",
        CKR_MECHANISM_INVALID: "CKR_MECHANISM_INVALID",
        CKR_MECHANISM_PARAM_INVALID: "CKR_MECHANISM_PARAM_INVALID",
        CKR_OBJECT_HANDLE_INVALID: "CKR_OBJECT_HANDLE_INVALID",
        CKR_OPERATION_ACTIVE: "CKR_OPERATION_ACTIVE",
        CKR_PIN_INCORRECT: "CKR_PIN_INCORRECT",
        CKR_PIN_INVALID: "CKR_PIN_INVALID",
        CKR_PIN_LEN_RANGE: "CKR_PIN_LEN_RANGE",
        CKR_PIN_EXPIRED: "CKR_PIN_EXPIRED",
        CKR_PIN_LOCKED: "CKR_PIN_LOCKED",
        CKR_SESSION_CLOSED: "CKR_SESSION_CLOSED",
        CKR_SESSION_COUNT: "CKR_SESSION_COUNT",
        CKR_SESSION_HANDLE_INVALID: "CKR_SESSION_HANDLE_INVALID",
        CKR_SESSION_READ_ONLY: "CKR_SESSION_READ_ONLY",
        CKR_TEMPLATE_INCOMPLETE: "CKR_TEMPLATE_INCOMPLETE",
        CKR_TEMPLATE_INCONSISTENT: "CKR_TEMPLATE_INCONSISTENT",
        CKR_TOKEN_NOT_PRESENT: "CKR_TOKEN_NOT_PRESENT",
        CKR_TOKEN_NOT_RECOGNIZED: "CKR_TOKEN_NOT_RECOGNIZED",
        CKR_TOKEN_WRITE_PROTECTED: "CKR_TOKEN_WRITE_PROTECTED",
        CKR_USER_NOT_LOGGED_IN: "CKR_USER_NOT_LOGGED_IN",
        CKR_USER_PIN_NOT_INITIALIZED: "CKR_USER_PIN_NOT_INITIALIZED",
    ]
}
