extension EnclaveTemplate {
    /// `labels.yaml`: the attributes of a label, and which path gets which.
    static let labelRules = #"""
        # How the label of a passage comes about. A label is the set of attributes that policies may read.

        # Exactly the attributes of Passage in policies/schema.cedarschema. `join` says what becomes of
        # two values: the stricter one. `visible` attributes are shown with answers and can be filtered
        # by.
        attributes:
          classification: {join: maximum, order: [public, internal, confidential], visible: true}
          categories:     {join: union, default: [], visible: true}
          departments:    {join: intersection}      # who reads what is confidential; [a, b] and [b, c] make [b]
          expires:        {join: earliest}          # absent: never

        # How a label is written on an answer, and how a portion mark such as (I) or (C//PAY) is read.
        marking:
          level: {attribute: classification, text: {public: P, internal: I, confidential: C}}
          categories: categories

        # Keys of a document's front matter that are not attributes; `title` never is one.
        front_matter:
          metadata: [author, date]

        # Paths are below documents/. All rules that match are joined. A document that no rule matches is
        # set aside, never public. What lies with a document (front matter, sidecar, marks) only tightens,
        # unless `may_lower` allows more.
        rules:
          - path: public/**
            set: {classification: public}

          # For everyone who works here.
          - path: [handbook/**, workshop/**, sales/**]
            set: {classification: internal}

          # Defect reports are confidential to the workshop; their authors mark each paragraph, and a mark
          # may lower.
          - path: workshop/reports/**
            set: {classification: confidential, departments: [workshop]}
            may_lower:
              portion_marks: [classification]

          - path: office/**
            set: {classification: confidential, departments: [office]}

          # Pay, readable for personnel work alone: see the policy purpose-of-pay.
          - path: people/**
            set: {classification: confidential, departments: [office], categories: [PAY]}

        """#
}
