import TapData
import Taproom

/// What is wrong with the way from what older versions of a kind stored to what it understands now.
enum MigrationProblems {
    static func ofSettings<Kind: ServiceKind>(_ kind: Kind.Type, _ examples: [Int: String]) -> [String] {
        let migration = kind.settingsMigration
        return problems("settings", versions: migration.oldest..<migration.version, examples) { version, datum in
            guard let object = datum.object else { return "are no group of keys" }
            let migrated = try kind.migrated(object, from: version)
            let errors = kind.check(migrated).errors.map(\.description)
            return errors.isEmpty ? nil : "become what the kind refuses: \(errors.joined(separator: "; "))"
        }
    }

    static func ofState<Kind: ServiceKind>(_ kind: Kind.Type, _ examples: [String: [Int: String]]) -> [String] {
        let unknown = examples.keys.filter { name in !kind.state.contains { $0.name == name } }
        return unknown.sorted().map { "there is no cell or table \"\($0)\" to have an older version of" }
            + kind.state.flatMap { cell in
                let versions = cell.oldestVersion..<cell.version
                return problems("\"\(cell.name)\"", versions: versions, examples[cell.name] ?? [:]) { version, datum in
                    _ = try cell.migrated(StoredValue(version: version, bytes: CBOR.encode(datum)))
                    return nil
                }
            }
    }

    private static func problems(
        _ what: String, versions: Range<Int>, _ examples: [Int: String],
        _ problem: (Int, Datum) throws -> String?
    ) -> [String] {
        let others = examples.keys.filter { !versions.contains($0) }.sorted()
        var problems = others.map { "\(what) have no older version \($0)" }
        for version in versions {
            guard let example = examples[version] else {
                problems.append("\(what): no example shows what version \(version) stored")
                continue
            }
            do {
                let found = try problem(version, JSONReader.read(example).datum)
                if let found { problems.append("\(what) of version \(version) \(found)") }
            } catch {
                problems.append("\(what) of version \(version) can't be migrated: \(error)")
            }
        }
        return problems
    }
}
