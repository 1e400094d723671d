package import TapData
package import Taproom

/// The JSON Schema of settings (draft 2020-12, json-schema.org), made of their types, defaults and fields.
///
/// What a kind accepts the schema accepts. A kind can refuse more, for a schema can't say everything.
package struct SettingsSchema<Settings: DocumentedSettings> {
    private let defaults: DatumObject

    /// Looks at the defaults.
    ///
    /// Throws when they can't be encoded, which is a mistake of the type.
    package init(_ type: Settings.Type) throws {
        defaults = try DatumEncoder().encode(Settings()).object ?? [:]
    }

    /// The schema of the whole, which allows no other keys.
    package var schema: DatumObject {
        var schema: DatumObject = ["type": .string("object"), "properties": .object(properties)]
        schema["additionalProperties"] = .bool(false)
        return schema
    }

    /// The schema of each key.
    package var properties: DatumObject {
        guard case .group(let members) = ShapeReader.shape(of: Settings.self) else { return [:] }
        return properties(of: members, below: "", defaults)
    }

    /// The keys in the order of the type, those of groups behind their group, each with what it can be and its default.
    package var rows: [SettingRow] {
        guard case .group(let members) = ShapeReader.shape(of: Settings.self) else { return [] }
        return rows(of: members, below: "", defaults)
    }

    private func field(_ key: String) -> SettingField<Settings>? { Settings.fields.first { $0.key == key } }

    private func properties(of members: [Shape.Member], below parent: String, _ defaults: DatumObject) -> DatumObject {
        var properties = DatumObject()
        for member in members {
            let key = parent + member.key
            properties[member.key] = .object(property(key, member.shape, defaults[member.key] ?? .null))
        }
        return properties
    }

    private func property(_ key: String, _ shape: Shape, _ usual: Datum) -> DatumObject {
        let field = field(key)
        var property = DatumObject()
        let sentences = [field?.sentences, shape.sentence].compactMap { $0 }
        if !sentences.isEmpty { property["description"] = .string(sentences.joined(separator: " ")) }
        if case .group(let members) = shape {
            property["type"] = .string("object")
            property["properties"] = .object(properties(of: members, below: key + ".", usual.object ?? [:]))
            property["additionalProperties"] = .bool(false)
        } else {
            for (word, value) in shape.schema(field?.limits, field?.words ?? []).members { property[word] = value }
        }
        property["default"] = usual
        let examples = field.map(\.examples) ?? []
        if !examples.isEmpty {
            property["examples"] = .array(examples)
        } else if case .form(let form) = shape.innermost {
            property["examples"] = .array(form.examples.map(Datum.string))
        }
        return property
    }

    private func rows(of members: [Shape.Member], below parent: String, _ defaults: DatumObject) -> [SettingRow] {
        members.flatMap { member -> [SettingRow] in
            let key = parent + member.key
            let usual = defaults[member.key] ?? .null
            let row = SettingRow(
                key: key, meaning: field(key)?.sentences ?? "", values: member.shape.noun(field(key)?.words ?? []),
                usual: usual)
            guard case .group(let inner) = member.shape else { return [row] }
            return [row] + rows(of: inner, below: key + ".", usual.object ?? [:])
        }
    }
}

/// One key of settings as documentation lists it.
package struct SettingRow: Sendable {
    /// With dots for groups in groups.
    package var key: String
    package var meaning: String
    /// What it can be, in words.
    package var values: String
    package var usual: Datum
}
