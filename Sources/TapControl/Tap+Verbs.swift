package import TapConfig
package import TapData
package import TapFile
package import Taproom

extension Tap {
    /// The number of a point: a revision's number, or the newest snapshot of a name.
    package func revision(of point: String) throws -> Int {
        if let number = Int(point) {
            try checkRevision(number)
            return number
        }
        let history = try history()
        guard let match = history.last(where: { $0.snapshot == point }) else {
            throw ControlError.unknownPoint(point, names: history.compactMap(\.snapshot))
        }
        return match.revision
    }

    /// Settings and state as one tree: `application`, then each service by its path.
    package func contents(at revision: Int? = nil) throws -> Datum {
        let application = try application(at: revision)
        let identities = try identities(at: revision)
        let state = Dictionary(grouping: try state(at: revision), by: \.address.service)
        var head: DatumObject = ["name": .string(application.name)]
        head["user"] = application.user.map { .string($0) }
        head["group"] = application.group.map { .string($0) }
        var tree: DatumObject = ["application": .object(head)]
        for (path, service) in application.servicesByPath {
            var object: DatumObject = ["kind": .string(service.kind), "enabled": .bool(service.isEnabled)]
            if service.restart != RestartPolicy() { object["restart"] = try DatumEncoder().encode(service.restart) }
            for (key, value) in service.settings.members { object[key] = value }
            var cells = DatumObject()
            for entry in identities[path].flatMap({ state[$0] }) ?? [] { cells[entry.address.cell] = try entry.datum() }
            if !cells.isEmpty { object["state"] = .object(cells) }
            tree[path] = .object(object)
        }
        return .object(tree)
    }

    /// What is different between two points; nil: now.
    package func differences(from: String, to: String?) throws -> [Difference] {
        try Difference.between(contents(at: revision(of: from)), contents(at: to.map { try revision(of: $0) }))
    }

    /// Captures settings and state under a name.
    ///
    /// Inside of ``commit(_:)``.
    package func addSnapshot(_ name: String?, by authorship: Authorship) throws -> Int {
        if let name, let problem = Name.problem(name) { throw ControlError.badName(problem) }
        guard name.flatMap(Int.init) == nil else {
            throw ControlError.badName("must not be a number, which would be a revision")
        }
        return try addRevision(.snapshot, snapshot: name, by: authorship)
    }

    /// The application with one service more, and the name the service has in it: a number is added to one that is taken.
    package func application(adding service: ServiceDefinition) throws -> (application: Application, name: String) {
        var application = try application()
        var service = service
        let taken = Set(application.services.map(\.name))
        let candidates = [service.name] + (2...taken.count + 2).map { "\(service.name)-\($0)" }
        service.name = candidates.first { !taken.contains($0) } ?? service.name
        application.services.append(service)
        return (application, service.name)
    }

    /// What is wrong with the stored data, a sentence each: with the file, with what refers to what, with every row that
    /// a kind of this program knows how to read.
    package func findings(kinds: KindList) throws -> [String] {
        let broken = try integrityFindings()
        guard broken.isEmpty else { return broken }
        var findings: [String] = []
        let application = try application()
        for (path, service) in application.servicesByPath {
            guard let kind = try? kinds.kind(service.kind) else {
                findings.append("service \"\(path)\": no kind is called \"\(service.kind)\" in this program")
                continue
            }
            findings += kind.check(service.settings).errors.map { "service \"\(path)\": \($0)" }
            findings += try stateFindings(path, kind)
        }
        return findings
    }

    private func stateFindings(_ path: String, _ kind: any ServiceKind.Type) throws -> [String] {
        guard let identity = try identities()[path] else { return [] }
        return try state().filter { $0.address.service == identity }.compactMap { entry in
            guard let cell = kind.state.first(where: { $0.name == entry.address.cell }) else {
                return
                    "service \"\(path)\": the cell \"\(entry.address.cell)\" is unknown to the kind \"\(kind.word)\"; it is kept"
            }
            do {
                try cell.check(entry.value)
                return nil
            } catch {
                return "service \"\(path)\": \(error)"
            }
        }
    }
}
