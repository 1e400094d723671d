package import TapData

/// A kind that is compiled into the program.
package struct CompiledKind: KnownKind {
    /// The author's type.
    package let type: any ServiceKind.Type

    package init(_ type: any ServiceKind.Type) { self.type = type }

    package var word: String { type.word }
    package var summary: String { type.summary }
    package var formerWords: [String] { type.formerWords }
    package var origin: KindOrigin { .builtIn }
    package var acceptsDatagrams: Bool { type.acceptsDatagrams }
    package var settingsVersion: Int { type.settingsVersion }
    package var state: [any StateDeclaration] { type.state }

    package func check(_ given: DatumObject, folder: PathFolder, former: DatumObject?) -> CheckedSettings {
        type.check(given, folder: folder, former: former)
    }

    package func use(stored: DatumObject) throws(SettingsErrors) -> UsableSettings { try type.use(stored: stored) }

    package func canReconfigure(fromStored old: DatumObject, toStored new: DatumObject) -> Bool {
        type.canReconfigure(fromStored: old, toStored: new)
    }

    package func endpoints(stored: DatumObject) -> [Endpoint] { type.endpoints(stored: stored) }

    package func migrated(_ stored: DatumObject, from version: Int) throws -> DatumObject {
        try type.migrated(stored, from: version)
    }
}
