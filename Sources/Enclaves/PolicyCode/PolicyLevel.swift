import Cedar

extension Enclave {
    /// Where policies read entities further from the request than `level` steps (Cedar RFC 76): what a decision point that
    /// is given a request with so many steps of entities could not decide.
    package func problems(atLevel level: Int) -> [EnclaveProblem] {
        Validator(schema: schema).validate(policies, maximumLevel: level).errors.map(EnclaveProblem.init)
    }
}
