extension EnclaveTemplate {
    /// `policies/tests/limits.json`: both sides of every forbid.
    static let limitTests = #"""
        [
          {
            "name": "confidential-needs-second-factor: with one",
            "request": {
              "principal": {"type": "Person", "id": "tom.reed"},
              "action": {"type": "Action", "id": "retrieve"},
              "resource": {"type": "Passage", "id": "p"},
              "context": {
                "purpose": "work", "mfa": true,
                "now": {"__extn": {"fn": "datetime", "arg": "2026-03-02T09:00:00Z"}},
                "network": {"__extn": {"fn": "ip", "arg": "10.20.4.17"}}
              }
            },
            "entities": [
              {
                "uid": {"type": "Person", "id": "tom.reed"},
                "attrs": {
                  "clearance": "confidential",
                  "departments": [{"__entity": {"type": "Department", "id": "workshop"}}]
                },
                "parents": [{"type": "Group", "id": "staff"}]
              },
              {
                "uid": {"type": "Passage", "id": "p"},
                "attrs": {
                  "classification": "confidential",
                  "categories": [],
                  "departments": [{"__entity": {"type": "Department", "id": "workshop"}}]
                },
                "parents": []
              },
              {"uid": {"type": "Group", "id": "staff"}, "attrs": {}, "parents": []}
            ],
            "decision": "allow", "reason": ["confidential-by-department"], "num_errors": 0
          },
          {
            "name": "confidential-needs-second-factor: without",
            "request": {
              "principal": {"type": "Person", "id": "tom.reed"},
              "action": {"type": "Action", "id": "retrieve"},
              "resource": {"type": "Passage", "id": "p"},
              "context": {
                "purpose": "work", "mfa": false,
                "now": {"__extn": {"fn": "datetime", "arg": "2026-03-02T09:00:00Z"}},
                "network": {"__extn": {"fn": "ip", "arg": "10.20.4.17"}}
              }
            },
            "entities": [
              {
                "uid": {"type": "Person", "id": "tom.reed"},
                "attrs": {
                  "clearance": "confidential",
                  "departments": [{"__entity": {"type": "Department", "id": "workshop"}}]
                },
                "parents": [{"type": "Group", "id": "staff"}]
              },
              {
                "uid": {"type": "Passage", "id": "p"},
                "attrs": {
                  "classification": "confidential",
                  "categories": [],
                  "departments": [{"__entity": {"type": "Department", "id": "workshop"}}]
                },
                "parents": []
              },
              {"uid": {"type": "Group", "id": "staff"}, "attrs": {}, "parents": []}
            ],
            "decision": "deny", "reason": ["confidential-needs-second-factor"], "num_errors": 0
          },
          {
            "name": "confidential-needs-second-factor: not for internal documents",
            "request": {
              "principal": {"type": "Person", "id": "tom.reed"},
              "action": {"type": "Action", "id": "retrieve"},
              "resource": {"type": "Passage", "id": "p"},
              "context": {
                "purpose": "work", "mfa": false,
                "now": {"__extn": {"fn": "datetime", "arg": "2026-03-02T09:00:00Z"}},
                "network": {"__extn": {"fn": "ip", "arg": "10.20.4.17"}}
              }
            },
            "entities": [
              {
                "uid": {"type": "Person", "id": "tom.reed"},
                "attrs": {
                  "clearance": "confidential",
                  "departments": [{"__entity": {"type": "Department", "id": "workshop"}}]
                },
                "parents": [{"type": "Group", "id": "staff"}]
              },
              {
                "uid": {"type": "Passage", "id": "p"},
                "attrs": {
                  "classification": "internal",
                  "categories": []
                },
                "parents": []
              },
              {"uid": {"type": "Group", "id": "staff"}, "attrs": {}, "parents": []}
            ],
            "decision": "allow", "reason": ["internal-for-staff"], "num_errors": 0
          },
          {
            "name": "purpose-of-pay: for personnel work",
            "request": {
              "principal": {"type": "Person", "id": "ines.varga"},
              "action": {"type": "Action", "id": "retrieve"},
              "resource": {"type": "Passage", "id": "p"},
              "context": {
                "purpose": "personnel", "mfa": true,
                "now": {"__extn": {"fn": "datetime", "arg": "2026-03-02T09:00:00Z"}},
                "network": {"__extn": {"fn": "ip", "arg": "10.20.4.17"}}
              }
            },
            "entities": [
              {
                "uid": {"type": "Person", "id": "ines.varga"},
                "attrs": {
                  "clearance": "confidential",
                  "departments": [
                    {"__entity": {"type": "Department", "id": "workshop"}},
                    {"__entity": {"type": "Department", "id": "office"}},
                    {"__entity": {"type": "Department", "id": "sales"}}
                  ]
                },
                "parents": [{"type": "Group", "id": "management"}]
              },
              {
                "uid": {"type": "Passage", "id": "p"},
                "attrs": {
                  "classification": "confidential",
                  "categories": [{"__entity": {"type": "Category", "id": "PAY"}}],
                  "departments": [{"__entity": {"type": "Department", "id": "office"}}]
                },
                "parents": []
              },
              {"uid": {"type": "Group", "id": "management"}, "attrs": {}, "parents": [{"type": "Group", "id": \#
        "staff"}]},
              {"uid": {"type": "Group", "id": "staff"}, "attrs": {}, "parents": []}
            ],
            "decision": "allow", "reason": ["confidential-by-department"], "num_errors": 0
          },
          {
            "name": "purpose-of-pay: for other work",
            "request": {
              "principal": {"type": "Person", "id": "ines.varga"},
              "action": {"type": "Action", "id": "retrieve"},
              "resource": {"type": "Passage", "id": "p"},
              "context": {
                "purpose": "work", "mfa": true,
                "now": {"__extn": {"fn": "datetime", "arg": "2026-03-02T09:00:00Z"}},
                "network": {"__extn": {"fn": "ip", "arg": "10.20.4.17"}}
              }
            },
            "entities": [
              {
                "uid": {"type": "Person", "id": "ines.varga"},
                "attrs": {
                  "clearance": "confidential",
                  "departments": [
                    {"__entity": {"type": "Department", "id": "workshop"}},
                    {"__entity": {"type": "Department", "id": "office"}},
                    {"__entity": {"type": "Department", "id": "sales"}}
                  ]
                },
                "parents": [{"type": "Group", "id": "management"}]
              },
              {
                "uid": {"type": "Passage", "id": "p"},
                "attrs": {
                  "classification": "confidential",
                  "categories": [{"__entity": {"type": "Category", "id": "PAY"}}],
                  "departments": [{"__entity": {"type": "Department", "id": "office"}}]
                },
                "parents": []
              },
              {"uid": {"type": "Group", "id": "management"}, "attrs": {}, "parents": [{"type": "Group", "id": \#
        "staff"}]},
              {"uid": {"type": "Group", "id": "staff"}, "attrs": {}, "parents": []}
            ],
            "decision": "deny", "reason": ["purpose-of-pay"], "num_errors": 0
          },
          {
            "name": "document-lapsed: the last instant before",
            "request": {
              "principal": {"type": "Person", "id": "sofia.lind"},
              "action": {"type": "Action", "id": "retrieve"},
              "resource": {"type": "Passage", "id": "p"},
              "context": {
                "purpose": "work", "mfa": true,
                "now": {"__extn": {"fn": "datetime", "arg": "2026-11-29T23:59:59.999Z"}},
                "network": {"__extn": {"fn": "ip", "arg": "10.20.4.17"}}
              }
            },
            "entities": [
              {
                "uid": {"type": "Person", "id": "sofia.lind"},
                "attrs": {
                  "clearance": "internal",
                  "departments": [{"__entity": {"type": "Department", "id": "sales"}}]
                },
                "parents": [{"type": "Group", "id": "staff"}]
              },
              {
                "uid": {"type": "Passage", "id": "p"},
                "attrs": {
                  "classification": "internal",
                  "categories": [],
                  "expires": {"__extn": {"fn": "datetime", "arg": "2026-11-30"}}
                },
                "parents": []
              },
              {"uid": {"type": "Group", "id": "staff"}, "attrs": {}, "parents": []}
            ],
            "decision": "allow", "reason": ["internal-for-staff"], "num_errors": 0
          },
          {
            "name": "document-lapsed: the instant itself",
            "request": {
              "principal": {"type": "Person", "id": "sofia.lind"},
              "action": {"type": "Action", "id": "retrieve"},
              "resource": {"type": "Passage", "id": "p"},
              "context": {
                "purpose": "work", "mfa": true,
                "now": {"__extn": {"fn": "datetime", "arg": "2026-11-30T00:00:00Z"}},
                "network": {"__extn": {"fn": "ip", "arg": "10.20.4.17"}}
              }
            },
            "entities": [
              {
                "uid": {"type": "Person", "id": "sofia.lind"},
                "attrs": {
                  "clearance": "internal",
                  "departments": [{"__entity": {"type": "Department", "id": "sales"}}]
                },
                "parents": [{"type": "Group", "id": "staff"}]
              },
              {
                "uid": {"type": "Passage", "id": "p"},
                "attrs": {
                  "classification": "internal",
                  "categories": [],
                  "expires": {"__extn": {"fn": "datetime", "arg": "2026-11-30"}}
                },
                "parents": []
              },
              {"uid": {"type": "Group", "id": "staff"}, "attrs": {}, "parents": []}
            ],
            "decision": "deny", "reason": ["document-lapsed"], "num_errors": 0
          },
          {
            "name": "access-ended: the last instant before",
            "request": {
              "principal": {"type": "Person", "id": "jan.moss"},
              "action": {"type": "Action", "id": "retrieve"},
              "resource": {"type": "Passage", "id": "p"},
              "context": {
                "purpose": "work", "mfa": true,
                "now": {"__extn": {"fn": "datetime", "arg": "2031-12-30T23:59:59.999Z"}},
                "network": {"__extn": {"fn": "ip", "arg": "10.20.4.17"}}
              }
            },
            "entities": [
              {
                "uid": {"type": "Person", "id": "jan.moss"},
                "attrs": {
                  "clearance": "public",
                  "departments": [],
                  "until": {"__extn": {"fn": "datetime", "arg": "2031-12-31"}}
                },
                "parents": []
              },
              {
                "uid": {"type": "Passage", "id": "p"},
                "attrs": {
                  "classification": "public",
                  "categories": []
                },
                "parents": []
              }
            ],
            "decision": "allow", "reason": ["public"], "num_errors": 0
          },
          {
            "name": "access-ended: the instant itself",
            "request": {
              "principal": {"type": "Person", "id": "jan.moss"},
              "action": {"type": "Action", "id": "retrieve"},
              "resource": {"type": "Passage", "id": "p"},
              "context": {
                "purpose": "work", "mfa": true,
                "now": {"__extn": {"fn": "datetime", "arg": "2031-12-31T00:00:00Z"}},
                "network": {"__extn": {"fn": "ip", "arg": "10.20.4.17"}}
              }
            },
            "entities": [
              {
                "uid": {"type": "Person", "id": "jan.moss"},
                "attrs": {
                  "clearance": "public",
                  "departments": [],
                  "until": {"__extn": {"fn": "datetime", "arg": "2031-12-31"}}
                },
                "parents": []
              },
              {
                "uid": {"type": "Passage", "id": "p"},
                "attrs": {
                  "classification": "public",
                  "categories": []
                },
                "parents": []
              }
            ],
            "decision": "deny", "reason": ["access-ended"], "num_errors": 0
          }
        ]

        """#
}
