package import TapData

/// A kind as the tools and the runner know it: one that is compiled into the program, or one from elsewhere.
package protocol KnownKind: Sendable {
    /// The word of the kind on the command line, in descriptions and in the tap.
    var word: String { get }
    /// One sentence for `mktap --list`.
    var summary: String { get }
    /// Words the kind had before: services stored under one of them are taken over.
    var formerWords: [String] { get }
    /// Where the kind comes from.
    var origin: KindOrigin { get }
    /// The version of the settings that the kind stores.
    var settingsVersion: Int { get }
    /// The cells and tables a service of this kind may open.
    var state: [any StateDeclaration] { get }

    /// Whether services of the kind take `udp:` endpoints.
    var acceptsDatagrams: Bool { get }

    /// Looks at settings that were given as data: what is left out keeps its default.
    ///
    /// Relative paths are taken from `folder`. Passwords that have a hash in `former`, the settings as they were stored
    /// before, keep it. What only an older version of the kind understands is migrated.
    func check(_ given: DatumObject, folder: PathFolder, former: DatumObject?) -> CheckedSettings

    /// Looks at stored settings, once for all that is made of them.
    func use(stored: DatumObject) throws(SettingsErrors) -> UsableSettings

    /// Whether a service that runs with stored settings can take others.
    func canReconfigure(fromStored old: DatumObject, toStored new: DatumObject) -> Bool

    /// Where a service with stored settings listens; nowhere when they can't be read.
    func endpoints(stored: DatumObject) -> [Endpoint]

    /// Stored settings of an older version in the form of the present one.
    ///
    /// Throws ``VersionProblem`` when there is no way from it, and what a step throws.
    func migrated(_ stored: DatumObject, from version: Int) throws -> DatumObject
}

extension KnownKind {
    /// Looks at settings that were given as data, all with paths from one folder; nil leaves them as they are.
    package func check(
        _ given: DatumObject, folder: String? = nil, former: DatumObject? = nil
    ) -> CheckedSettings {
        check(given, folder: PathFolder(folder), former: former)
    }

    /// The cell or table that is stored under a name, also under one it had before.
    package func declaration(of cell: String) -> (any StateDeclaration)? {
        let state = state
        return state.first { $0.name == cell } ?? state.first { $0.formerNames.contains(cell) }
    }
}

extension DataError {
    /// Says, where it is written, that a kind takes no datagrams.
    package static func refusal(ofDatagrams endpoint: Endpoint, by word: String, in settings: Datum?) -> DataError {
        DataError(
            path: settings?.place(of: endpoint.description) ?? [],
            problem: "must be tcp:, tls:, unix: or systemd:, for the kind \"\(word)\" takes no datagrams")
    }
}

/// Where a kind comes from.
package enum KindOrigin: Sendable, Equatable {
    /// It is part of the program.
    case builtIn
    /// It is a program of its own that a manifest describes.
    case manifest(KindManifestOrigin)
}

/// A manifest that describes a kind, and what brought it.
package struct KindManifestOrigin: Sendable, Equatable {
    /// The path of the manifest.
    package var path: String
    /// The version of the kind.
    package var version: String
    /// The Debian package that brings it.
    package var package: String

    package init(path: String, version: String, package: String) {
        (self.path, self.version, self.package) = (path, version, package)
    }
}
