extension PolicySet {
    /// Reads the JSON policy format (specification, "JSON policy format"): a policy set with `staticPolicies`,
    /// `templates` and `templateLinks`, or one policy or template alone, which gets the id `policy0`.
    ///
    /// It is at most `Limits.sourceBytes` long and nested at most `Limits.policyJSONDepth` deep. Errors tell their place
    /// in the JSON; there is one for each policy that cannot be read. Keys that the format does not have are errors.
    public init(json: [UInt8], file: String = "policies") throws(ParseErrors) {
        let source = try SourceText.bounded(file: file, bytes: json)
        self = try PolicySetJSONReader.read(source)
    }

    /// The set in the JSON policy format, without blanks; equal sets give equal bytes.
    ///
    /// Policies and templates keep their order and ids. A link of a template stands among the links if the set has the
    /// template, else as the policy that it is. `a && b && c` is nested in JSON, so a chain of some two hundred
    /// operands, which text may have, is beyond what `init(json:)` takes.
    public var json: [UInt8] {
        var writer = JSONWriter()
        writer.policySet(self)
        return writer.output
    }
}

extension Policy {
    /// The policy in the JSON policy format, without blanks and without its id.
    public var json: [UInt8] {
        var writer = JSONWriter()
        writer.policy(self)
        return writer.output
    }
}
