package import TapData
package import Taproom

/// The three-way merge of a description with an application that was made from it and changed since.
///
/// What only one side changed is taken from that side; what both changed alike is fine; what both changed differently is
/// a conflict. Services are matched by name, also inside of groups, their settings key by key. A service that the file
/// renames, with the key `was`, is the one that had that name.
package struct Merge {
    /// Whose word counts in a conflict.
    package enum Side: String, Sendable, Codable, CaseIterable {
        case file, running
    }

    /// A value that both sides changed.
    package struct Conflict: Sendable, Equatable, Codable {
        /// As ``EditPath`` writes it.
        package var path: String
        /// Nil: it is not there.
        package var base: Datum?
        package var file: Datum?
        package var running: Datum?
        /// Where the file says so.
        package var line: Int?
        package var column: Int?
        /// The description that the file extends, when it is that one's line; nil: it is the file's own.
        package var extended: String?
        /// Which revision changed it at run time, and who did.
        package var revision: Int?
        package var author: String?

        package init(path: String, base: Datum?, file: Datum?, running: Datum?) {
            (self.path, self.base, self.file, self.running) = (path, base, file, running)
        }
    }

    /// What was not decided, in the order of the file.
    ///
    /// The merged application is only of use when there is none.
    package private(set) var conflicts: [Conflict] = []
    /// The merged application.
    package private(set) var application: Application
    /// The services that the file renames: new paths, and those they have in the running application.
    package private(set) var renames: [String: String] = [:]

    private let side: Side?
    private let kinds: KindList
    private let wanted: [String: String]

    /// Merges.
    ///
    /// - Parameters:
    ///   - base: what the running application was made from; nil: nothing is known of it, so every difference is a conflict.
    ///   - file: what the file says now.
    ///   - running: the application as it is.
    ///   - renames: new paths in the file, and those they had, as its `was` keys say.
    ///   - side: whose word counts in a conflict; nil: it is reported.
    ///   - kinds: the kinds of the services.
    /// - Throws: ``DescriptionError`` when the parts do not fit together.
    package init(
        base: Application?, file: Application, running: Application, renames: [String: String] = [:],
        favoring side: Side?, kinds: KindList
    ) throws(DescriptionError) {
        self.side = side
        self.kinds = kinds
        wanted = renames
        application = file
        application.name = value(base?.name, file.name, running.name, "name") ?? file.name
        application.user = value(base?.user, file.user, running.user, "user")
        application.group = value(base?.group, file.group, running.group, "group")
        let retention = datum(
            base.flatMap { Merge.datum($0.retention) }, Merge.datum(file.retention), Merge.datum(running.retention),
            "retention")
        application.retention = retention.flatMap { try? DatumDecoder().decode(Retention.self, from: $0) }
        application.services = try services(base?.services ?? [], file.services, running.services, in: "", former: "")
    }

    /// Puts a description in place of the running application, whose services it can rename.
    ///
    /// Throws ``DescriptionError``, never for what is in the description alone.
    package init(
        replacing running: Application, with file: Application, renames: [String: String], kinds: KindList
    ) throws(DescriptionError) {
        // Nothing was changed at run time that the file would not know of.
        try self.init(
            base: running, file: file, running: running, renames: renames, favoring: .file, kinds: kinds)
    }

    private static func datum(_ retention: Retention?) -> Datum? {
        retention.flatMap { try? DatumEncoder().encode($0) }
    }

    private mutating func value(_ base: String?, _ file: String?, _ running: String?, _ path: String) -> String? {
        datum(base.map { .string($0) }, file.map { .string($0) }, running.map { .string($0) }, path)?.string
    }

    private mutating func datum(_ base: Datum?, _ file: Datum?, _ running: Datum?, _ path: String) -> Datum? {
        if file == running || running == base { return file }
        if file == base { return running }
        if let file = file?.object, let running = running?.object {
            return .object(object(base?.object ?? [:], file, running, path))
        }
        return isFileRight(path, base, file, running) ? file : running
    }

    private mutating func object(
        _ base: DatumObject, _ file: DatumObject, _ running: DatumObject, _ path: String
    ) -> DatumObject {
        var result = DatumObject()
        for key in file.keys + running.keys.filter({ file[$0] == nil }) {
            result[key] = datum(base[key], file[key], running[key], "\(path).\(key)")
        }
        return result
    }

    /// Whose word counts where both sides changed something; noted as a conflict when that is not known.
    private mutating func isFileRight(_ path: String, _ base: Datum?, _ file: Datum?, _ running: Datum?) -> Bool {
        if side == nil { conflicts.append(Conflict(path: path, base: base, file: file, running: running)) }
        return side == .file
    }

    // MARK: Services

    /// Merges the services of one group: `path` begins those of the file, `former` those of the others.
    private mutating func services(
        _ base: [ServiceDefinition], _ file: [ServiceDefinition], _ running: [ServiceDefinition],
        in path: String, former: String
    ) throws(DescriptionError) -> [ServiceDefinition] {
        let formerNames = formerNames(of: file, running, in: path, former: former)
        let newNames = Dictionary(formerNames.map { ($1, $0) }) { first, _ in first }
        let baseNames = base.map { newNames[$0.name] ?? $0.name }
        // By the names that the file gives them.
        let base = Merge.byName(base, newNames)
        let ours = Merge.byName(running, newNames)
        let theirs = Merge.byName(file, [:])
        var merged: [String: ServiceDefinition] = [:]
        for name in file.map(\.name) + running.map({ newNames[$0.name] ?? $0.name }) where merged[name] == nil {
            let formerName = formerNames[name] ?? name
            if formerName != name { renames[path + name] = former + formerName }
            merged[name] = try service(
                base[name], theirs[name], ours[name], path + name, former: former + formerName)
        }
        let order = MergedOrder(
            base: baseNames, file: file.map(\.name), running: running.map { newNames[$0.name] ?? $0.name })
        return order.names.compactMap { merged[$0] }
    }

    /// The services of a group that are renamed: their new names, and those they have in the running application.
    private func formerNames(
        of file: [ServiceDefinition], _ running: [ServiceDefinition], in path: String, former: String
    ) -> [String: String] {
        let (names, there) = (Set(file.map(\.name)), Set(running.map(\.name)))
        var result: [String: String] = [:]
        for service in file where !there.contains(service.name) {
            guard let was = wanted[path + service.name]?.split(separator: "/").last.map(String.init) else { continue }
            // The hint may stand in the file for ever: once the name is given nothing is left to do.
            if there.contains(was), !names.contains(was) { result[service.name] = was }
        }
        return result
    }

    private static func byName(
        _ services: [ServiceDefinition], _ newNames: [String: String]
    ) -> [String: ServiceDefinition] {
        let named = services.map { service in
            var service = service
            service.name = newNames[service.name] ?? service.name
            return (service.name, service)
        }
        return Dictionary(named) { first, _ in first }
    }

    private mutating func service(
        _ base: ServiceDefinition?, _ file: ServiceDefinition?, _ running: ServiceDefinition?, _ path: String,
        former: String
    ) throws(DescriptionError) -> ServiceDefinition? {
        if file == running || running == base { return file }
        if file == base { return running }
        guard let file, let running else {
            let isFileRight = isFileRight(
                path, base.map(Description.datum), file.map(Description.datum), running.map(Description.datum))
            return isFileRight ? file : running
        }
        var merged = file
        if !file.isSameWithoutServices(as: running) {
            let description = datum(
                base.map(Merge.withoutServices), Merge.withoutServices(file), Merge.withoutServices(running), path)
            if let description {
                merged = try DescriptionReader.service(description, at: path, kinds: kinds)
            }
        }
        merged.services = try services(
            base?.services ?? [], file.services, running.services, in: path + "/", former: former + "/")
        return merged
    }

    private static func withoutServices(_ service: ServiceDefinition) -> Datum {
        var service = service
        service.services = []
        return Description.datum(of: service)
    }
}
