internal import Cedar

extension PolicyCase {
    /// Puts the case to our engine. Schema, policies, links and entities are read in this order; the first that cannot
    /// be used is the verdict.
    public func run() -> CaseVerdict {
        do {
            let schema = try readSchema()
            var set = try readPolicies()
            let validates = schema.map { Validator(schema: $0).validate(set).isValid }
            try link(&set)
            let entities = try readEntities(schema)
            let authorizer = Authorizer(policies: set)
            let answers = requests.map { $0.answer(from: authorizer, entities, schema) }
            return .answered(validates: validates, answers)
        } catch {
            return .unreadable(error)
        }
    }

    /// The verdict of our engine as lines of JSON.
    public func verdictLines() -> [String] { run().lines(name: name) }

    private func readSchema() throws(CaseFault) -> Schema? {
        guard let schema else { return nil }
        do {
            return try Schema(parsing: schema)
        } catch {
            throw CaseFault(error.errors[0])
        }
    }

    private func readPolicies() throws(CaseFault) -> PolicySet {
        do {
            return try PolicySet(parsing: policies, file: "policies")
        } catch {
            throw CaseFault(error.errors[0])
        }
    }

    private func link(_ set: inout PolicySet) throws(CaseFault) {
        for link in links {
            var values: [Slot: EntityUID] = [:]
            for (name, entity) in link.values {
                guard let slot = Slot(rawValue: name.description), let uid = entity.uid else {
                    throw CaseFault("link `\(link.id)`: \(name) is no slot, or its entity has no name", in: "links")
                }
                values[slot] = uid
            }
            do {
                try set.link(link.template, as: link.id, values)
            } catch {
                throw CaseFault("link `\(link.id)`: \(error)", in: "links")
            }
        }
    }

    private func readEntities(_ schema: Schema?) throws(CaseFault) -> Entities {
        do {
            return try Entities(json: entities, schema: schema)
        } catch {
            throw fault(error)
        }
    }

    private func fault(_ error: EntityError) -> CaseFault {
        // Reading tells of everything in this way, with the places.
        guard case .malformed(let errors) = error else { return CaseFault(error.description, in: "entities") }
        return CaseFault(errors.errors[0])
    }
}

extension PolicyCase.RequestCase {
    fileprivate func answer(from authorizer: Authorizer, _ entities: Entities, _ schema: Schema?) -> CaseAnswer {
        do {
            let response = authorizer.authorize(try read(schema), entities: entities)
            return .decided(
                response.decision, reasons: response.determiningPolicies, errors: response.errors.count)
        } catch {
            return .refused(error)
        }
    }

    private func read(_ schema: Schema?) throws(CaseFault) -> Request {
        guard let principal = principal.uid, let action = action.uid, let resource = resource.uid else {
            throw CaseFault("the type of an entity is no name of a type", in: "request")
        }
        let request: Request
        do {
            request = try Request(
                principal: principal, action: action, resource: resource, contextJSON: context, schema: schema)
        } catch {
            throw CaseFault(error.errors[0])
        }
        guard isValidated, let schema else { return request }
        do {
            try Conformance(schema: schema).check(request)
        } catch {
            throw CaseFault(error.description, in: "request")
        }
        return request
    }
}
