extension EnclaveTemplate {
    /// `policies/schema.cedarschema`: what policies can speak about.
    static let schema = #"""
        // What policies can speak about. Person, Group, Service, Passage and the actions are fixed
        // names.

        // Closed lists: a value outside its list sets a document aside, or keeps this enclave from
        // opening.
        entity Department enum ["workshop", "office", "sales"];
        entity Category enum ["PAY"];

        entity Group in [Group];

        entity Person in [Group] = {
          clearance: String,               // public, internal or confidential
          departments: Set<Department>,
          until?: datetime,                // end of all access
        };

        entity Service in [Group] = {
          clearance: String,
          departments: Set<Department>,
          until?: datetime,
        };

        // The attributes of a label, and nothing else about a passage.
        entity Passage = {
          classification: String,          // public < internal < confidential
          categories: Set<Category>,
          departments?: Set<Department>,   // confidential passages: the reader belongs to one of them
          expires?: datetime,              // not valid from here on
        };

        // The context is supplied by Portcullis; `assistant` is the client that asks on somebody's
        // behalf.
        action retrieve appliesTo {
          principal: [Person, Service],
          resource: [Passage],
          context: {
            purpose: String,
            now: datetime,
            network: ipaddr,
            mfa: Bool,
            assistant?: String,
          },
        };

        // Taking passages out for good, keeping what would go, and having answers compared. None lets
        // anybody read.
        action erase, hold, verify appliesTo {
          principal: [Person],
          resource: [Passage],
          context: {
            purpose: String,
            now: datetime,
            network: ipaddr,
            mfa: Bool,
            assistant?: String,
          },
        };

        """#
}
