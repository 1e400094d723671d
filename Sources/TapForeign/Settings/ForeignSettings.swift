import Logging
import TapConfig
import TapData
import Taproom

/// The settings of a foreign kind: what its manifest declares, and what is done with values of it.
struct ForeignSettings: Sendable {
    let declared: [DeclaredSetting]
    /// The settings when nothing is given.
    let defaults: DatumObject
    /// The keys that say where a service listens.
    let listeningKeys: [String]

    init(_ declared: [DeclaredSetting]) {
        self.declared = declared
        defaults = ForeignSettings.tree(of: declared.map { ($0.path, $0.usual) })
        listeningKeys = declared.filter { $0.type == .endpoint }.map(\.key)
    }

    /// Given settings as they are stored, and everything that is wrong with them.
    func canonical(_ given: DatumObject, _ folder: PathFolder) -> (settings: DatumObject, errors: [DataError]) {
        var errors = unknownKeys(in: given, below: [])
        var values: [(path: [PathStep], value: Datum)] = []
        for setting in declared {
            guard let value = ForeignSettings.value(in: given, at: setting.path[...]) else { continue }
            do throws(DataError) {
                values.append((setting.path, try setting.canonical(value, folder)))
            } catch {
                errors.append(error)
            }
        }
        return (ForeignSettings.tree(of: values), errors)
    }

    /// Stored settings with the defaults of all that is not given; lists are lists.
    func full(_ stored: DatumObject) -> DatumObject {
        ForeignSettings.tree(
            of: declared.map { setting in
                let value = ForeignSettings.value(in: stored, at: setting.path[...]) ?? setting.usual
                return (setting.path, setting.isList ? .array(DeclaredSetting.elements(value)) : value)
            })
    }

    /// Full settings with secrets in the place of the references to them.
    ///
    /// Throws what reading a secret does.
    func resolved(_ full: DatumObject, _ logger: Logger) throws(SecretError) -> DatumObject {
        var resolved = full
        for setting in declared where setting.type == .secret {
            let value = value(of: setting.key, in: full)
            var secrets: [Datum] = []
            for text in DeclaredSetting.elements(value) {
                guard let secret = text.string.flatMap({ Secret($0) }) else { continue }
                secrets.append(.string(try secret.resolve(logger: logger).text()))
            }
            let filled = setting.isList ? .array(secrets) : secrets.first ?? .null
            ForeignSettings.set(filled, at: setting.path[...], in: &resolved)
        }
        return resolved
    }

    /// The value of a setting in full settings.
    func value(of key: String, in full: DatumObject) -> Datum {
        ForeignSettings.value(in: full, at: key.split(separator: ".").map { .key(String($0)) }[...]) ?? .null
    }

    /// Where a service with stored settings listens, each with the key that says so.
    func endpoints(_ stored: DatumObject) -> [(key: String, endpoint: Endpoint)] {
        let full = full(stored)
        return listeningKeys.flatMap { key in
            DeclaredSetting.elements(value(of: key, in: full)).compactMap { value in
                value.string.flatMap { try? Endpoint($0) }.map { (key, $0) }
            }
        }
    }

    /// Whether all that is different in two stored settings can change while a service runs.
    func areOnlyLiveChanges(_ old: DatumObject, _ new: DatumObject) -> Bool {
        let (old, new) = (full(old), full(new))
        return declared.allSatisfy { $0.isLive || value(of: $0.key, in: old) == value(of: $0.key, in: new) }
    }

    /// The keys in groups, in the order of their declaration.
    var members: [Shape.Member] {
        declared.reduce(into: []) { members, setting in
            let keys = setting.key.split(separator: ".").map(String.init)
            ForeignSettings.add(setting, keys[...], to: &members)
        }
    }

    private static func add(_ setting: DeclaredSetting, _ keys: ArraySlice<String>, to members: inout [Shape.Member]) {
        guard let key = keys.first else { return }
        guard keys.count > 1 else {
            members.append(Shape.Member(key: key, shape: setting.shape, note: setting.note))
            return
        }
        let place = members.firstIndex { $0.key == key } ?? members.count
        if place == members.count { members.append(Shape.Member(key: key, shape: .group([]), note: nil)) }
        guard case .group(var inner) = members[place].shape else { return }
        add(setting, keys.dropFirst(), to: &inner)
        members[place].shape = .group(inner)
    }

    /// Keys that nobody declares, and values in the place of groups.
    private func unknownKeys(in object: DatumObject, below parent: [PathStep]) -> [DataError] {
        let known = declared.map(\.path).filter { $0.starts(with: parent) && $0.count > parent.count }
        return object.members.flatMap { member -> [DataError] in
            let path = parent + [.key(member.key)]
            if known.contains(path) { return [] }
            guard known.contains(where: { $0.starts(with: path) }) else {
                var offered: [String] = []
                for step in known.map({ $0[parent.count].description }) where !offered.contains(step) {
                    offered.append(step)
                }
                return [
                    DataError(path: path, problem: "is not known here." + suggestion(for: member.key, among: offered))
                ]
            }
            guard let inner = member.value.object else {
                let found = member.value.typeName
                return [DataError(path: path, problem: "must be a group of keys, but is \(found)")]
            }
            return unknownKeys(in: inner, below: path)
        }
    }

    /// The value at a path; nil: there is none.
    private static func value(in object: DatumObject, at path: ArraySlice<PathStep>) -> Datum? {
        guard let step = path.first, let value = object[step.description] else { return nil }
        guard path.count > 1 else { return value }
        return value.object.flatMap { self.value(in: $0, at: path.dropFirst()) }
    }

    /// Groups in groups of values at their paths.
    private static func tree(of values: [(path: [PathStep], value: Datum)]) -> DatumObject {
        var tree = DatumObject()
        for (path, value) in values { set(value, at: path[...], in: &tree) }
        return tree
    }

    private static func set(_ value: Datum, at path: ArraySlice<PathStep>, in object: inout DatumObject) {
        guard let step = path.first else { return }
        guard path.count > 1 else {
            object[step.description] = value
            return
        }
        var inner = object[step.description]?.object ?? [:]
        set(value, at: path.dropFirst(), in: &inner)
        object[step.description] = .object(inner)
    }
}
