package import TapConfig
package import TapData
package import Taproom

/// A kind that is a program of its own, in any language, which a manifest describes.
package struct ForeignKind: DescribedKind {
    private let manifest: Manifest

    init(_ manifest: Manifest) { self.manifest = manifest }

    package var word: String { manifest.word }
    package var summary: String { manifest.summary }
    package var formerWords: [String] { manifest.formerWords }
    package var origin: KindOrigin {
        .manifest(KindManifestOrigin(path: manifest.path, version: manifest.version, package: manifest.package))
    }
    package var acceptsDatagrams: Bool { manifest.takesDatagrams }
    package var settingsVersion: Int { manifest.migrations.count + 1 }
    package var state: [any StateDeclaration] { manifest.state.map(\.declaration) }
    package var settingMembers: [Shape.Member] { manifest.settings.members }
    package var defaults: DatumObject { manifest.settings.defaults }
    package var listeningKeys: [String] { manifest.settings.listeningKeys }

    package func check(_ given: DatumObject, folder: PathFolder, former: DatumObject?) -> CheckedSettings {
        let (canonical, errors) = canonical(given, folder)
        if !errors.isEmpty, let older = checkOlder(given, folder) { return older }
        return CheckedSettings(
            canonical: errors.isEmpty ? canonical : given, endpoints: endpoints(stored: canonical), errors: errors)
    }

    /// Given settings as they are stored, and everything that is wrong with them.
    private func canonical(_ given: DatumObject, _ folder: PathFolder) -> (settings: DatumObject, errors: [DataError]) {
        let (canonical, errors) = manifest.settings.canonical(given, folder)
        guard !acceptsDatagrams, let endpoint = endpoints(stored: canonical).first(where: \.takesDatagrams) else {
            return (canonical, errors)
        }
        return (canonical, errors + [.refusal(ofDatagrams: endpoint, by: word, in: .object(canonical))])
    }

    /// Looks at settings as an older version of the kind took them, the newest that does; nil: none does.
    private func checkOlder(_ given: DatumObject, _ folder: PathFolder) -> CheckedSettings? {
        for version in (1..<settingsVersion).reversed() {
            guard let newer = try? migrated(given, from: version) else { continue }
            let (canonical, errors) = canonical(newer, folder)
            guard errors.isEmpty else { continue }
            return CheckedSettings(canonical: canonical, endpoints: endpoints(stored: canonical), errors: [])
        }
        return nil
    }

    package func use(stored: DatumObject) throws(SettingsErrors) -> UsableSettings {
        let (canonical, errors) = canonical(stored, PathFolder(nil))
        guard errors.isEmpty else { throw SettingsErrors(errors: errors) }
        let manifest = manifest
        return UsableSettings(endpoints: endpoints(stored: canonical)) { context in
            try await ForeignService.start(manifest, canonical, context)
        } reconfiguration: { service in
            try await (service as? ForeignService)?.reconfiguration(to: canonical)
        }
    }

    package func canReconfigure(fromStored old: DatumObject, toStored new: DatumObject) -> Bool {
        manifest.speech == .taproom && manifest.settings.areOnlyLiveChanges(old, new)
    }

    package func endpoints(stored: DatumObject) -> [Endpoint] { manifest.settings.endpoints(stored).map(\.endpoint) }

    package func migrated(_ stored: DatumObject, from version: Int) throws -> DatumObject {
        guard version != settingsVersion else { return stored }
        guard (1..<settingsVersion).contains(version) else {
            throw VersionProblem(stored: version, oldest: 1, known: settingsVersion)
        }
        let newer = try manifest.migrations[(version - 1)...].reduce(Datum.object(stored)) { try $1.applied(to: $0) }
        return newer.object ?? [:]
    }
}
