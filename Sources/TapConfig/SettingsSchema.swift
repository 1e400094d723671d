package import TapData
package import Taproom

/// The JSON Schema of settings (draft 2020-12, json-schema.org), made of their types, defaults and fields.
///
/// What a kind accepts the schema accepts. A kind can refuse more, for a schema can't say everything.
package struct SettingsSchema {
    private let members: [Shape.Member]
    private let defaults: DatumObject

    /// Looks at a type and its defaults.
    ///
    /// Throws when they can't be encoded, which is a mistake of the type.
    package init<Settings: DocumentedSettings>(_ type: Settings.Type) throws {
        defaults = try DatumEncoder().encode(Settings()).object ?? [:]
        if case .group(let members) = ShapeReader.shape(of: type) { self.members = members } else { members = [] }
    }

    /// Looks at the settings of a kind.
    ///
    /// Throws when the defaults can't be encoded, which is a mistake of the kind.
    package init(of kind: any KnownKind) throws {
        func settings<Kind: ServiceKind>(_ kind: Kind.Type) throws -> SettingsSchema {
            try SettingsSchema(Kind.Settings.self)
        }
        switch kind {
        case let kind as CompiledKind: self = try settings(kind.type)
        case let kind as any DescribedKind: (members, defaults) = (kind.settingMembers, kind.defaults)
        default: (members, defaults) = ([], [:])
        }
    }

    /// The schema of the whole, which allows no other keys.
    package var schema: DatumObject {
        var schema: DatumObject = ["type": .string("object"), "properties": .object(properties)]
        schema["additionalProperties"] = .bool(false)
        return schema
    }

    /// The schema of each key.
    package var properties: DatumObject {
        var properties = DatumObject()
        for member in members {
            properties[member.key] = .object(member.property(usual: defaults[member.key] ?? .null))
        }
        return properties
    }

    /// The keys in the order of the type, those of groups behind their group, each with what it can be and its default.
    package var rows: [SettingRow] { SettingRow.rows(of: members, below: "", defaults) }
}

/// One key of settings as documentation lists it.
package struct SettingRow: Sendable {
    /// With dots for groups in groups.
    package var key: String
    package var meaning: String
    /// What it can be, in words.
    package var values: String
    package var usual: Datum

    /// Those of the elements of a list have `[]` behind the list's name, of lists in lists only the lists are told; behind keys of
    /// one's own stands `NAME`.
    fileprivate static func rows(
        of members: [Shape.Member], below parent: String, _ defaults: DatumObject
    ) -> [SettingRow] {
        members.flatMap { member -> [SettingRow] in
            let key = parent + member.key
            let usual = defaults[member.key] ?? .null
            let row = SettingRow(
                key: key, meaning: member.note?.sentences ?? "", values: member.shape.noun(member.note?.words ?? []),
                usual: usual)
            switch member.shape {
            case .group(let inner): return [row] + rows(of: inner, below: key + ".", usual.object ?? [:])
            case .list(.group(let inner)) where !parent.contains("[]"):
                return [row] + rows(of: inner, below: key + "[].", [:])
            case .map(.group(let inner)): return [row] + rows(of: inner, below: key + ".NAME.", [:])
            case .optional(.group(let inner)): return [row] + rows(of: inner, below: key + ".", [:])
            default: return [row]
            }
        }
    }
}
