/// What a change makes of one service: of itself, for services inside of it have changes of their own.
package struct ServiceChange: Sendable {
    /// Where it is; for one that is renamed, where it will be.
    package var path: String
    /// Nil: it is new.
    package var old: ServiceDefinition?
    /// Nil: it goes.
    package var new: ServiceDefinition?
    /// Where it was, when it is renamed or moved to another group.
    package var formerPath: String?
    /// Whether what it remembers is replaced too: it has to end before.
    package var replacesState = false

    package init(path: String, old: ServiceDefinition?, new: ServiceDefinition?, formerPath: String? = nil) {
        self.path = path
        self.old = old
        self.new = new
        self.formerPath = formerPath
    }
}

/// The difference between two applications, as far as it has to be stored and done.
package struct ApplicationChange: Sendable {
    package var old: Application
    package var new: Application
    /// The services that differ, those that go first, then in the order of the new application.
    package var services: [ServiceChange]
    /// Whether services may stand in another order than before: some came, went or were renamed, or were moved.
    package let changesOrder: Bool

    /// Compares two applications.
    ///
    /// `renames` says of new paths which old ones they were: such a service is the same and keeps its state. Services inside
    /// of it go with it.
    package init(from old: Application, to new: Application, renames: [String: String] = [:]) {
        self.old = old
        self.new = new
        changesOrder = !old.services.hasSameOrder(as: new.services)
        let before = Dictionary(old.servicesByPath.map { ($0.path, $0.service) }) { first, _ in first }
        var matched: Set<String> = []
        var services: [ServiceChange] = []
        for (path, service) in new.servicesByPath {
            let former = ApplicationChange.formerPath(of: path, renames)
            guard let own = before[former] else {
                services.append(ServiceChange(path: path, old: nil, new: service))
                continue
            }
            matched.insert(former)
            if former != path {
                services.append(ServiceChange(path: path, old: own, new: service, formerPath: former))
            } else if !own.isSameWithoutServices(as: service) {
                services.append(ServiceChange(path: path, old: own, new: service))
            }
        }
        let gone = old.servicesByPath.filter { !matched.contains($0.path) }
        self.services = gone.map { ServiceChange(path: $0.path, old: $0.service, new: nil) } + services
    }

    /// A change that is known to touch nothing but some services, which stay where they are.
    package init(from old: Application, to new: Application, services: [ServiceChange]) {
        self.old = old
        self.new = new
        self.services = services
        changesOrder = false
    }

    /// Whether name, user, group or retention differ.
    package var changesApplication: Bool {
        (old.name, old.user, old.group) != (new.name, new.user, new.group) || old.retention != new.retention
    }

    /// Whether nothing differs.
    package var isEmpty: Bool { services.isEmpty && !changesApplication && !changesOrder }

    /// Notes that the state of some services is replaced too.
    package mutating func replaceState(of paths: Set<String>) {
        for index in services.indices where paths.contains(services[index].path) {
            services[index].replacesState = true
        }
        for path in paths.subtracting(services.map(\.path)).sorted() {
            guard let before = old.service(at: path), let after = new.service(at: path) else { continue }
            var service = ServiceChange(path: path, old: before, new: after)
            service.replacesState = true
            services.append(service)
        }
    }

    /// A path with the longest renamed beginning replaced by what it was.
    private static func formerPath(of path: String, _ renames: [String: String]) -> String {
        guard !renames.isEmpty else { return path }
        var end = path.endIndex
        while true {
            if let former = renames[String(path[..<end])] { return former + path[end...] }
            guard let slash = path[..<end].lastIndex(of: "/") else { return path }
            end = slash
        }
    }
}

extension ServiceDefinition {
    /// Whether nothing of this service itself differs, whatever is inside of it.
    package func isSameWithoutServices(as other: ServiceDefinition) -> Bool {
        name == other.name && kind == other.kind && settingsVersion == other.settingsVersion
            && isEnabled == other.isEnabled && restart == other.restart && settings == other.settings
    }
}

extension Application {
    /// Changes the service of a path in place.
    ///
    /// Answers nil when there is none.
    package mutating func change<Result>(
        _ path: String, _ body: (inout ServiceDefinition) throws -> Result
    ) rethrows -> Result? {
        try Application.change(path.split(separator: "/")[...], in: &services, body)
    }

    private static func change<Result>(
        _ names: ArraySlice<Substring>, in services: inout [ServiceDefinition],
        _ body: (inout ServiceDefinition) throws -> Result
    ) rethrows -> Result? {
        guard let name = names.first, let index = services.index(named: name) else { return nil }
        if names.count == 1 { return try body(&services[index]) }
        return try change(names.dropFirst(), in: &services[index].services, body)
    }

    /// Changes the list that the service of a path stands in; the list of the application for a path without a slash.
    ///
    /// Answers nil when there is no such group.
    package mutating func changeSiblings<Result>(
        of path: String, _ body: (inout [ServiceDefinition]) throws -> Result
    ) rethrows -> Result? {
        guard let slash = path.lastIndex(of: "/") else { return try body(&services) }
        return try change(String(path[..<slash])) { try body(&$0.services) }
    }
}

extension [ServiceDefinition] {
    /// Where the service of a name is.
    ///
    /// By its place, for to look at a whole service takes a copy of it: with thousands of them that counts.
    func index(named name: some StringProtocol) -> Int? {
        for index in indices where self[index].name == name { return index }
        return nil
    }

    /// Whether there are services of the same names in the same order, also inside of them.
    fileprivate func hasSameOrder(as others: [ServiceDefinition]) -> Bool {
        guard count == others.count else { return false }
        for index in indices {
            guard self[index].name == others[index].name,
                self[index].services.hasSameOrder(as: others[index].services)
            else { return false }
        }
        return true
    }
}
