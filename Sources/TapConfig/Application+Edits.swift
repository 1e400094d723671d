package import TapData
package import Taproom

extension Application {
    /// The change that some edits make, one after the other, all or none.
    ///
    /// Costs what they touch. Relative paths are taken from `folder`; nil leaves them as they are. Throws ``EditError`` with
    /// everything that is wrong.
    package func change(
        by edits: [Edit], folder: String? = nil, kinds: KindList
    ) throws(EditError) -> ApplicationChange {
        var work = EditWork(self, folder, kinds)
        var problems: [EditProblem] = []
        for edit in edits {
            do throws(EditError) { try work.apply(edit) } catch { problems += error.problems }
        }
        guard problems.isEmpty else { throw EditError(problems) }
        return work.change
    }
}

/// An application while it is edited.
private struct EditWork {
    private let old: Application
    private var new: Application
    private let kinds: KindList
    private let folder: String?
    /// What is known to have changed; nil: anything can have.
    private var touched: Set<String>? = []
    private var renames: [String: String] = [:]

    init(_ application: Application, _ folder: String?, _ kinds: KindList) {
        (old, new, self.kinds, self.folder) = (application, application, kinds, folder)
    }

    var change: ApplicationChange {
        guard let touched else { return ApplicationChange(from: old, to: new, renames: renames) }
        let services = touched.sorted().compactMap { path -> ServiceChange? in
            guard let before = old.service(at: path), let after = new.service(at: path),
                !before.isSameWithoutServices(as: after)
            else { return nil }
            return ServiceChange(path: path, old: before, new: after)
        }
        return ApplicationChange(from: old, to: new, services: services)
    }

    mutating func apply(_ edit: Edit) throws(EditError) {
        switch edit {
        case .set(let text, let value):
            let path: EditPath
            do throws(EditProblem) { path = try EditPath(text, in: new) } catch { throw EditError([error]) }
            guard let service = path.service else { return try setHead(path, value) }
            guard !path.keys.isEmpty else {
                throw EditError([EditProblem(text, "name a key of the service, as in \(text).KEY=VALUE")])
            }
            try editService(service) { $0.set(path.keys[...], value) }
        case .enable(let path, let isEnabled):
            try editService(path) { $0.set(["enabled"], isEnabled ? .null : .bool(false)) }
        case .merge(let path, let patch): try editService(path) { $0 = $0.merged(with: patch) }
        case .replace(let path, let description): try replace(path, description)
        case .add(let description, let group): try add(description, to: group)
        case .remove(let path):
            guard new.service(at: path) != nil else { throw unknown(path) }
            touched = nil
            new.changeSiblings(of: path) { services in services.removeAll { $0.name == path.lastName } }
        case .replaceAll(let description):
            touched = nil
            do throws(DescriptionError) {
                let wanted = try DescriptionReader.application(description, folder: folder, former: new, kinds: kinds)
                let merge = try Merge(replacing: new, with: wanted.application, renames: wanted.renames, kinds: kinds)
                new = merge.application
                for (path, former) in merge.renames { renames[path] = renames.removeValue(forKey: former) ?? former }
            } catch {
                throw EditError(error)
            }
        }
    }

    private func unknown(_ path: String) -> EditError {
        let known = new.servicesByPath.map(\.path)
        return EditError([
            EditProblem("", "there is no service \"\(path)\".\(suggestion(for: path, among: known))")
        ])
    }

    private mutating func setHead(_ path: EditPath, _ value: Datum) throws(EditError) {
        var head = new
        head.services = []
        var description = Description.datum(of: head)
        description.set(path.keys[...], value)
        do throws(DescriptionError) {
            head = try DescriptionReader.application(description, folder: folder, former: new, kinds: kinds)
                .application
        } catch {
            throw EditError(error)
        }
        head.services = new.services
        new = head
    }

    /// Has a service be what its description says after a change of it.
    private mutating func editService(_ path: String, _ change: (inout Datum) -> Void) throws(EditError) {
        guard let service = new.service(at: path) else { throw unknown(path) }
        var description = Description.datum(of: service)
        change(&description)
        let edited = try read(description, at: path)
        if edited.name != service.name { try noteRename(path, to: edited.name) }
        if edited.isGroup || service.isGroup { touched = nil }
        touched?.insert(path)
        new.change(path) { $0 = edited }
    }

    private mutating func noteRename(_ path: String, to name: String) throws(EditError) {
        let renamed = path.siblings + name
        guard new.service(at: renamed) == nil else {
            throw EditError([EditProblem(path + ".name", "there is a service \"\(renamed)\" already")])
        }
        touched = nil
        renames[renamed] = renames[path] ?? path
        renames[path] = nil
    }

    private func read(_ description: Datum, at path: String) throws(EditError) -> ServiceDefinition {
        if description.object?["was"] != nil {
            throw EditError([EditProblem(path + ".was", "is for descriptions; set the name to rename a service")])
        }
        do throws(DescriptionError) {
            return try DescriptionReader.service(
                description, at: path, folder: folder, former: new.service(at: path), kinds: kinds)
        } catch {
            throw EditError(error)
        }
    }

    private mutating func replace(_ path: String, _ description: Datum) throws(EditError) {
        if new.service(at: path) != nil {
            return try editService(path) { current in
                let name = current.object?["name"]
                current = description
                if current.object?["name"] == nil, let name { current.set(["name"], name) }
            }
        }
        var description = description
        description.set(["name"], .string(path.lastName))
        try add(description, to: path.siblings.isEmpty ? nil : String(path.siblings.dropLast()))
    }

    private mutating func add(_ description: Datum, to group: String?) throws(EditError) {
        var service = try read(description, at: group ?? "")
        if let group, new.service(at: group)?.isGroup != true {
            guard new.service(at: group) == nil else {
                throw EditError([EditProblem("", "\"\(group)\" is no group, so nothing can be added to it")])
            }
            throw unknown(group)
        }
        touched = nil
        let path = group.map { $0 + "/" + service.name } ?? service.name
        if description.object?["name"] != nil, new.service(at: path) != nil {
            throw EditError([EditProblem("", "there is a service \"\(path)\" already")])
        }
        new.changeSiblings(of: path) { services in
            let taken = Set(services.map(\.name))
            // A name that nobody chose makes room.
            let candidates = [service.name] + (2...taken.count + 2).map { "\(service.name)-\($0)" }
            service.name = candidates.first { !taken.contains($0) } ?? service.name
            services.append(service)
        }
    }
}

extension EditError {
    fileprivate init(_ error: DescriptionError) {
        self.init(error.problems.map { EditProblem($0.path, $0.text) })
    }
}

extension String {
    /// `api` of `backends/api`.
    fileprivate var lastName: String { split(separator: "/").last.map(String.init) ?? self }

    /// `backends/` of `backends/api`.
    fileprivate var siblings: String { lastIndex(of: "/").map { String(self[...$0]) } ?? "" }
}

extension Datum {
    /// Sets what keys lead to; null removes it, and groups that are empty then.
    package mutating func set(_ keys: ArraySlice<String>, _ value: Datum) {
        guard let key = keys.first else {
            self = value
            return
        }
        var object = self.object ?? [:]
        if keys.count == 1 {
            object[key] = value == .null ? nil : value
        } else {
            var inner = object[key] ?? .object([:])
            inner.set(keys.dropFirst(), value)
            object[key] = inner.object?.isEmpty == true ? nil : inner
        }
        self = .object(object)
    }

    /// This after a JSON merge patch (RFC 7396, section 2).
    package func merged(with patch: Datum) -> Datum {
        guard case .object(let changes) = patch else { return patch }
        var object = self.object ?? [:]
        for (key, value) in changes.members {
            object[key] = value == .null ? nil : (object[key] ?? .null).merged(with: value)
        }
        return .object(object)
    }
}
