package import TapData
package import Taproom

/// The JSON Schema of descriptions and of their parts (draft 2020-12, json-schema.org).
package enum DescriptionSchema {
    private static let dialect = Datum.string("https://json-schema.org/draft/2020-12/schema")

    /// The schema of the settings of a kind.
    ///
    /// Throws when the defaults of the kind can't be encoded.
    package static func document(of kind: any KnownKind) throws -> Datum {
        var document: DatumObject = ["$schema": dialect, "title": .string("Settings of the kind \(kind.word)")]
        document["description"] = .string(kind.summary)
        for (word, value) in try SettingsSchema(of: kind).schema.members { document[word] = value }
        return .object(document)
    }

    /// The schema of the settings of a kind that is compiled into the program.
    ///
    /// Throws when the defaults of the kind can't be encoded.
    package static func document(of kind: any ServiceKind.Type) throws -> Datum {
        try document(of: CompiledKind(kind))
    }

    /// The keys of a kind, for documentation.
    ///
    /// Throws when the defaults of the kind can't be encoded.
    package static func rows(of kind: any KnownKind) throws -> [SettingRow] { try SettingsSchema(of: kind).rows }

    /// The keys of a kind that is compiled into the program, for documentation.
    ///
    /// Throws when the defaults of the kind can't be encoded.
    package static func rows(of kind: any ServiceKind.Type) throws -> [SettingRow] {
        try rows(of: CompiledKind(kind))
    }

    /// The schema of a whole description with services of some kinds.
    ///
    /// Throws when the defaults of a kind can't be encoded.
    package static func document(kinds: KindList) throws -> Datum {
        var document: DatumObject = ["$schema": dialect, "title": .string("A description of an application")]
        document["type"] = .string("object")
        document["required"] = ["taproom"]
        document["properties"] = .object([
            "$schema": described("Where editors find this schema.", ["type": "string"]),
            "taproom": described("The format of the description.", ["const": .integer(1)]),
            "extends": described(
                "The file of a complete description that this one is laid over, relative to the folder of this one."
                    + " Default: none.", ["type": ["string", "null"], "minLength": .integer(1)]),
            "name": described("The name of the application. Default: that of the file.", name),
            "user": described("The user to run as, a name or a number. Default: whoever starts it.", account),
            "group": described("The group to run as, a name or a number. Default: the user's own.", account),
            "retention": described(
                "Which points of the history are kept: those that any of the rules keeps. Default: all.",
                ["anyOf": [.object(["$ref": "#/$defs/retention"]), .object(["type": "null"])]]),
            "services": .bool(true),
        ])
        document["additionalProperties"] = .bool(false)
        document["if"] = .object([
            "properties": .object(["extends": .object(["type": "string"])]), "required": ["extends"],
        ])
        document["then"] = services("changes")
        document["else"] = services("services", isRequired: true)
        document["$defs"] = .object(try definitions(kinds.all))
        return .object(document)
    }

    /// Of which form the services are.
    private static func services(_ definition: String, isRequired: Bool = false) -> Datum {
        var schema: DatumObject = [
            "properties": .object(["services": .object(["$ref": .string("#/$defs/\(definition)")])])
        ]
        if isRequired { schema["required"] = ["services"] }
        return .object(schema)
    }

    private static let name: DatumObject = [
        "type": ["string", "null"], "pattern": .string("^[A-Za-z0-9_][A-Za-z0-9_-]{0,63}$"),
    ]
    private static let account: DatumObject = ["type": ["string", "integer", "null"], "minimum": .integer(0)]

    private static func described(_ text: String, _ schema: DatumObject) -> Datum {
        var described: DatumObject = ["description": .string(text)]
        for (word, value) in schema.members { described[word] = value }
        return .object(described)
    }

    private static func definitions(_ kinds: [any KnownKind]) throws -> DatumObject {
        let words = kinds.flatMap { [$0.word] + $0.formerWords }
        var definitions: DatumObject = [
            "services": described(
                "The services, in the order they are started.",
                ["type": ["array", "null"], "items": .object(["$ref": "#/$defs/service"])]),
            "changes": described(
                "What is different in services of the description that is extended, by their names, and new services.",
                ["type": ["array", "null"], "items": .object(["$ref": "#/$defs/change"])]),
            "change": .object(change(words)),
            "retention": .object(try SettingsSchema(Retention.self).schema),
            "restart": .object(try SettingsSchema(RestartPolicy.self).schema),
        ]
        definitions["service"] = .object([
            "type": "object", "required": ["kind"],
            "properties": .object(["kind": described("What kind of service it is.", ["enum": Datum.array(of: words)])]),
            "allOf": .array(kinds.map { choice([$0.word] + $0.formerWords) }),
        ])
        for kind in kinds { definitions["kind-\(kind.word)"] = .object(try service(of: kind)) }
        return definitions
    }

    /// Which schema holds for a kind.
    private static func choice(_ words: [String]) -> Datum {
        .object([
            "if": .object([
                "properties": .object(["kind": .object(["enum": Datum.array(of: words)])]), "required": ["kind"],
            ]),
            "then": .object(["$ref": .string("#/$defs/kind-\(words[0])")]),
        ])
    }

    private static func service(of kind: any KnownKind) throws -> DatumObject {
        var properties = common([kind.word] + kind.formerWords, kind.summary)
        for (key, value) in try SettingsSchema(of: kind).properties.members { properties[key] = value }
        if kind is GroupKind { properties["services"] = .object(["$ref": "#/$defs/services"]) }
        return ["type": "object", "properties": .object(properties), "additionalProperties": .bool(false)]
    }

    /// A service that is laid over another: it may have a part of the keys, and null takes one away.
    private static func change(_ words: [String]) -> DatumObject {
        let meaning = "What kind of service it is. Default: that of the other one."
        var properties = common(words, meaning)
        properties["kind"] = described(meaning, ["enum": .array(words.map { .string($0) } + [.null])])
        properties["enabled"] = described("Whether it runs when the application does.", ["type": ["boolean", "null"]])
        properties["restart"] = described("What happens when it ends by itself.", ["type": ["object", "null"]])
        properties["services"] = .object(["$ref": "#/$defs/changes"])
        return [
            "type": "object", "properties": .object(properties),
            "anyOf": [.object(["required": ["name"]]), .object(["required": ["kind"]])],
        ]
    }

    /// What belongs to every service.
    private static func common(_ words: [String], _ summary: String) -> DatumObject {
        [
            "name": described("The name of the service, unique in its list. Default: the word of its kind.", name),
            "kind": described(summary, ["enum": Datum.array(of: words)]),
            "was": described(
                "What the service was called before, so that it is the same under its new name.",
                ["type": ["string", "null"]]),
            "enabled": described(
                "Whether it runs when the application does.", ["type": "boolean", "default": .bool(true)]),
            "restart": described("What happens when it ends by itself.", ["$ref": "#/$defs/restart"]),
        ]
    }
}
