/// The JSON Schemas (2020-12) of what is sent and answered, by name.
///
/// Answers may get more keys; what is sent has no others.
enum OpenAPISchemas {
    /// What is answered about an application as it is.
    static let answers = #"""
        {
          "Anything": {},
          "Texts": {"type": "array", "items": {"type": "string"}},
          "Problem": {
            "type": "object",
            "required": ["title", "status", "detail", "exitStatus"],
            "properties": {
              "title": {"type": "string"},
              "status": {"type": "integer"},
              "detail": {"type": "string"},
              "advice": {"type": "string", "description": "What to do."},
              "exitStatus": {"type": "integer", "description": "How a program should end (sysexits)."},
              "pointer": {"type": "string", "description": "Where the first mistake is: a JSON pointer."},
              "line": {"type": "integer", "minimum": 1},
              "column": {"type": "integer", "minimum": 1},
              "errors": {"type": "array", "items": {"$ref": "#/components/schemas/Mistake"}}
            }
          },
          "Mistake": {
            "type": "object",
            "required": ["detail"],
            "properties": {
              "detail": {"type": "string"},
              "pointer": {"type": "string"},
              "line": {"type": "integer", "minimum": 1},
              "column": {"type": "integer", "minimum": 1}
            }
          },
          "Status": {
            "type": "object",
            "required": ["name", "tap", "revision", "running", "pid", "since", "durable", "services"],
            "properties": {
              "name": {"type": "string"},
              "tap": {"type": ["string", "null"]},
              "revision": {"type": "integer"},
              "running": {"type": "boolean"},
              "pid": {"type": ["integer", "null"]},
              "since": {"type": ["string", "null"]},
              "durable": {
                "type": "object",
                "required": ["revision", "lossWindow"],
                "properties": {"revision": {"type": "integer"}, "lossWindow": {"type": "number"}}
              },
              "services": {"$ref": "#/components/schemas/Services"},
              "unconfirmed": {
                "type": "object",
                "required": ["revision", "until"],
                "properties": {"revision": {"type": "integer"}, "until": {"type": "string"}}
              }
            }
          },
          "Services": {
            "type": "array",
            "items": {
              "type": "object",
              "required": ["name", "kind", "enabled", "state", "restarts", "endpoints"],
              "properties": {
                "name": {"type": "string"},
                "kind": {"type": "string"},
                "enabled": {"type": "boolean"},
                "state": {"enum": ["starting", "running", "stopping", "stopped", "failed", "quarantined"]},
                "restarts": {"type": "integer"},
                "lastFailure": {
                  "type": "object",
                  "required": ["time", "reason"],
                  "properties": {"time": {"type": "string"}, "reason": {"type": "string"}}
                },
                "endpoints": {"type": "array", "items": {"type": "string"}}
              }
            }
          },
          "Revision": {
            "type": "object",
            "required": ["revision", "time", "author", "origin", "comment", "kind", "status", "snapshot"],
            "properties": {
              "revision": {"type": "integer"},
              "time": {"type": "string"},
              "author": {"type": "string"},
              "origin": {"type": "string"},
              "comment": {"type": "string"},
              "kind": {"enum": ["made", "change", "snapshot", "rollback", "migration", "import"]},
              "status": {"enum": ["pending", "active", "failed", "superseded"]},
              "snapshot": {"type": ["string", "null"]}
            }
          },
          "Revisions": {"type": "array", "items": {"$ref": "#/components/schemas/Revision"}},
          "LogLines": {
            "type": "array",
            "items": {
              "type": "object",
              "required": ["process", "number", "time", "level", "message", "fields"],
              "properties": {
                "process": {"type": "integer"},
                "number": {"type": "integer"},
                "time": {"type": "string"},
                "level": {"type": "string"},
                "message": {"type": "string"},
                "fields": {"type": "object"}
              }
            }
          },
          "Health": {
            "type": "object",
            "required": ["live", "ready", "durable", "problems"],
            "properties": {
              "live": {"type": "boolean"},
              "ready": {"type": "boolean"},
              "durable": {"type": "boolean"},
              "problems": {"$ref": "#/components/schemas/Texts"}
            }
          },
          "Tokens": {
            "type": "array",
            "items": {
              "type": "object",
              "required": ["name", "role", "time"],
              "properties": {
                "name": {"type": "string"},
                "role": {"enum": ["read", "write"]},
                "time": {"type": "string"}
              }
            }
          },
          "NewToken": {
            "type": "object",
            "required": ["name", "role", "token"],
            "properties": {
              "name": {"type": "string"},
              "role": {"enum": ["read", "write"]},
              "token": {"type": "string"}
            }
          }
        }
        """#

    /// What is answered about changes, and about what differs.
    static let changes = #"""
        {
          "Difference": {
            "type": "object",
            "required": ["path", "from", "to"],
            "properties": {"path": {"type": "string"}, "from": {}, "to": {}}
          },
          "Differences": {"type": "array", "items": {"$ref": "#/components/schemas/Difference"}},
          "Blames": {
            "type": "array",
            "items": {
              "type": "object",
              "required": ["path", "value", "revision", "author", "origin", "time", "comment"],
              "properties": {
                "path": {"type": "string"},
                "value": {},
                "revision": {"type": "integer"},
                "author": {"type": "string"},
                "origin": {"type": "string"},
                "time": {"type": "string"},
                "comment": {"type": "string"}
              }
            }
          },
          "Drifts": {
            "type": "array",
            "items": {
              "type": "object",
              "required": ["path", "file", "running", "line", "column"],
              "properties": {
                "path": {"type": "string"},
                "file": {},
                "running": {},
                "line": {"type": "integer"},
                "column": {"type": "integer"},
                "extended": {
                  "type": "string", "description": "The description that has the line, when the file extends it."
                },
                "revision": {"type": "integer"},
                "author": {"type": "string"}
              }
            }
          },
          "Plan": {
            "type": "object",
            "required": ["services", "application", "unchanged"],
            "properties": {
              "services": {"type": "array", "items": {"$ref": "#/components/schemas/Step"}},
              "application": {"$ref": "#/components/schemas/Differences"},
              "unchanged": {"$ref": "#/components/schemas/Texts"}
            }
          },
          "Step": {
            "type": "object",
            "required": ["name", "kind", "action", "opens", "closes", "changes"],
            "properties": {
              "name": {"type": "string"},
              "kind": {"type": "string"},
              "action": {"enum": ["unchanged", "update", "rebind", "restart", "start", "stop"]},
              "formerName": {"type": "string"},
              "opens": {"$ref": "#/components/schemas/Texts"},
              "closes": {"$ref": "#/components/schemas/Texts"},
              "changes": {"$ref": "#/components/schemas/Differences"}
            }
          },
          "Outcome": {
            "type": "object",
            "required": ["revision", "plan"],
            "properties": {
              "revision": {"type": ["integer", "null"], "description": "Null: there was nothing to change."},
              "plan": {"$ref": "#/components/schemas/Plan"},
              "confirmUntil": {"type": "string"},
              "warnings": {"$ref": "#/components/schemas/Texts"}
            }
          },
          "Added": {
            "allOf": [{"$ref": "#/components/schemas/Outcome"}],
            "required": ["name"],
            "properties": {"name": {"type": "string"}}
          },
          "Made": {
            "type": "object",
            "required": ["revision"],
            "properties": {"revision": {"type": ["integer", "null"]}}
          },
          "Pruning": {
            "type": "object",
            "required": ["revisions", "size"],
            "properties": {
              "revisions": {"type": "array", "items": {"type": "integer"}},
              "size": {"type": "integer"}
            }
          },
          "Restarted": {"type": "object", "required": ["restarted"], "properties": {"restarted": {"type": "string"}}},
          "Removed": {"type": "object", "required": ["removed"], "properties": {"removed": {"type": "string"}}},
          "Saved": {"type": "object", "required": ["saved"], "properties": {"saved": {"type": "boolean"}}},
          "Stopping": {"type": "object", "required": ["stopping"], "properties": {"stopping": {"type": "boolean"}}},
          "Upgraded": {"type": "object", "required": ["process"], "properties": {"process": {"type": "integer"}}},
          "Reloaded": {
            "type": "object",
            "required": ["services"],
            "properties": {"revision": {"type": "integer"}, "services": {"$ref": "#/components/schemas/Texts"}}
          }
        }
        """#

    /// What is sent.
    static let requests = #"""
        {
          "Description": {
            "type": "object",
            "required": ["taproom", "name"],
            "properties": {
              "taproom": {"const": 1},
              "name": {"type": "string"},
              "user": {"type": ["string", "integer"]},
              "group": {"type": ["string", "integer"]},
              "retention": {"type": "object"},
              "services": {"type": "array", "items": {"$ref": "#/components/schemas/Service"}}
            },
            "additionalProperties": false
          },
          "Service": {
            "type": "object",
            "description": "Besides these keys, the settings of its kind.",
            "required": ["kind"],
            "properties": {
              "name": {"type": "string"},
              "kind": {"type": "string"},
              "enabled": {"type": "boolean"},
              "services": {"type": "array", "items": {"$ref": "#/components/schemas/Service"}}
            }
          },
          "Patch": {"type": "object", "description": "Null takes a key away."},
          "Change": {
            "anyOf": [{"$ref": "#/components/schemas/ChangeRequest"}, {"$ref": "#/components/schemas/Description"}]
          },
          "ChangeRequest": {
            "type": "object",
            "properties": {
              "edits": {"type": "array", "items": {"$ref": "#/components/schemas/Edit"}},
              "description": {"$ref": "#/components/schemas/DescriptionText"},
              "folder": {"type": "string", "description": "Where relative paths in the steps are taken from."},
              "confirm": {"type": "string", "description": "Such as 10m."},
              "comment": {"type": "string"}
            },
            "additionalProperties": false
          },
          "DescriptionText": {
            "type": "object",
            "required": ["text", "file"],
            "properties": {
              "text": {"type": "string", "description": "YAML or JSON."},
              "file": {"type": "string"},
              "onConflict": {"enum": ["file", "running"]},
              "replaces": {"type": "boolean", "description": "Whether nothing is merged."}
            },
            "additionalProperties": false
          },
          "Edit": {
            "type": "object",
            "description": "One step; the key that says what is done comes with those that belong to it.",
            "properties": {
              "set": {"type": "string", "description": "A path such as web.listen, with value."},
              "value": {},
              "add": {"$ref": "#/components/schemas/Service"},
              "group": {"type": "string"},
              "remove": {"type": "string"},
              "enable": {"type": "string"},
              "disable": {"type": "string"},
              "patch": {"type": "string", "description": "The path of a service, with a merge patch as with."},
              "replace": {"type": "string", "description": "The path of a service, with its description as with."},
              "with": {}
            },
            "additionalProperties": false
          },
          "SnapshotRequest": {
            "type": "object",
            "properties": {"name": {"type": ["string", "null"]}, "comment": {"type": ["string", "null"]}},
            "additionalProperties": false
          },
          "RollbackRequest": {
            "type": "object",
            "required": ["point"],
            "properties": {
              "point": {"type": "string", "description": "A revision, the name of a snapshot, or a time."},
              "settings": {"type": "boolean", "default": true},
              "state": {"type": "boolean", "default": true},
              "service": {"type": ["string", "null"]},
              "comment": {"type": ["string", "null"]}
            },
            "additionalProperties": false
          },
          "PruneRequest": {
            "type": "object",
            "properties": {
              "keep": {"type": ["integer", "null"], "minimum": 1},
              "hourly": {"type": ["integer", "null"], "minimum": 1},
              "daily": {"type": ["integer", "null"], "minimum": 1},
              "size": {"type": ["string", "null"], "description": "Such as 500MB."},
              "snapshots": {"$ref": "#/components/schemas/Texts"},
              "dryRun": {"type": "boolean", "default": false}
            },
            "additionalProperties": false
          },
          "TokenRequest": {
            "type": "object",
            "required": ["name", "role"],
            "properties": {"name": {"type": "string"}, "role": {"enum": ["read", "write"]}},
            "additionalProperties": false
          }
        }
        """#
}
