extension EnclaveTemplate {
    /// `policies/tests/reading.json`: both sides of every permit.
    static let readingTests = #"""
        [
          {
            "name": "public: the showroom screen reads the catalogue",
            "request": {
              "principal": {"type": "Service", "id": "showroom-screen"},
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
                "uid": {"type": "Service", "id": "showroom-screen"},
                "attrs": {
                  "clearance": "public",
                  "departments": []
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
            "name": "public: no other level is public",
            "request": {
              "principal": {"type": "Service", "id": "showroom-screen"},
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
                "uid": {"type": "Service", "id": "showroom-screen"},
                "attrs": {
                  "clearance": "public",
                  "departments": []
                },
                "parents": []
              },
              {
                "uid": {"type": "Passage", "id": "p"},
                "attrs": {
                  "classification": "internal",
                  "categories": []
                },
                "parents": []
              }
            ],
            "decision": "deny", "reason": [], "num_errors": 0
          },
          {
            "name": "internal-for-staff: sales reads the torque table",
            "request": {
              "principal": {"type": "Person", "id": "sofia.lind"},
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
                  "categories": []
                },
                "parents": []
              },
              {"uid": {"type": "Group", "id": "staff"}, "attrs": {}, "parents": []}
            ],
            "decision": "allow", "reason": ["internal-for-staff"], "num_errors": 0
          },
          {
            "name": "internal-for-staff: a guest with a clearance is still no staff",
            "request": {
              "principal": {"type": "Person", "id": "jan.moss"},
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
                "uid": {"type": "Person", "id": "jan.moss"},
                "attrs": {
                  "clearance": "internal",
                  "departments": [],
                  "until": {"__extn": {"fn": "datetime", "arg": "2031-12-31"}}
                },
                "parents": []
              },
              {
                "uid": {"type": "Passage", "id": "p"},
                "attrs": {
                  "classification": "internal",
                  "categories": []
                },
                "parents": []
              }
            ],
            "decision": "deny", "reason": [], "num_errors": 0
          },
          {
            "name": "confidential-by-department: a mechanic reads a report of the workshop",
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
            "name": "confidential-by-department: through a group within staff",
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
                  "categories": [],
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
            "name": "confidential-by-department: another department does not",
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
                  "departments": [{"__entity": {"type": "Department", "id": "office"}}]
                },
                "parents": []
              },
              {"uid": {"type": "Group", "id": "staff"}, "attrs": {}, "parents": []}
            ],
            "decision": "deny", "reason": [], "num_errors": 0
          },
          {
            "name": "confidential-by-department: nor does its member without the clearance",
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
                  "clearance": "internal",
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
            "decision": "deny", "reason": [], "num_errors": 0
          },
          {
            "name": "confidential-by-department: a label without a department is for nobody",
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
                  "categories": []
                },
                "parents": []
              },
              {"uid": {"type": "Group", "id": "management"}, "attrs": {}, "parents": [{"type": "Group", "id": \#
        "staff"}]},
              {"uid": {"type": "Group", "id": "staff"}, "attrs": {}, "parents": []}
            ],
            "decision": "deny", "reason": [], "num_errors": 0
          }
        ]

        """#
}
