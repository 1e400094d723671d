import TapData
package import Taproom

/// What a change will do to each service of a running application.
package struct ChangePlan: Sendable, Equatable, Codable {
    /// What happens to a service.
    package enum Action: String, Sendable, Codable, CaseIterable {
        /// It goes on and knows of nothing; what is changed counts when it runs the next time.
        case unchanged
        /// It goes on with its new settings.
        case update
        /// One with the new settings takes its place, on sockets of which some are new.
        case rebind
        /// One with the new settings takes its place, on the same sockets.
        case restart
        case start
        case stop
    }

    /// What happens to one service, and why.
    package struct Step: Sendable, Equatable, Codable {
        /// Its path after the change.
        package var name: String
        package var kind: String
        package var action: Action
        /// Its path before, when that is another.
        package var formerName: String?
        /// Where it will listen and did not before.
        package var opens: [String]
        /// Where it will not listen any more.
        package var closes: [String]
        /// What is different, by the paths that `tapctl set` takes.
        package var changes: [Difference]
    }

    /// The services that differ; those that go first.
    package var services: [Step]
    /// What is different in the application itself; user and group count from the next start on.
    package var application: [Difference]
    /// The services that nothing happens to.
    package var unchanged: [String]

    /// Finds out what a change does.
    package init(_ change: ApplicationChange, kinds: KindList) {
        application = Difference.between(
            ChangePlan.head(change.old), ChangePlan.head(change.new))
        services = change.services.map { ChangePlan.step($0, change, kinds) }
        let own = Set(services.map(\.name))
        // What is inside of a group that is enabled or disabled starts or stops with it, though nothing is changed in it.
        for group in change.services where group.old?.isGroup == true && group.new?.isGroup == true {
            guard group.old?.isEnabled != group.new?.isEnabled else { continue }
            for (path, service) in change.new.servicesByPath where path.hasPrefix(group.path + "/") {
                guard !service.isGroup, !own.contains(path) else { continue }
                let moved = ServiceChange(path: path, old: service, new: service)
                let step = ChangePlan.step(moved, change, kinds)
                if step.action != .unchanged { services.append(step) }
            }
        }
        unchanged = []
    }

    /// What happens when services are only to be started again.
    package init(restarting services: [(path: String, kind: String)]) {
        self.services = services.map { path, kind in
            Step(name: path, kind: kind, action: .restart, formerName: nil, opens: [], closes: [], changes: [])
        }
        (application, unchanged) = ([], [])
    }

    /// The same, with the names of those that nothing happens to.
    package func listingUnchanged(in application: Application) -> ChangePlan {
        var plan = self
        let named = Set(services.map(\.name))
        plan.unchanged = application.servicesByPath.map(\.path).filter { !named.contains($0) }
        return plan
    }

    /// Whether there is nothing to change.
    package var isEmpty: Bool { services.isEmpty && application.isEmpty }

    private static func head(_ application: Application) -> Datum {
        var application = application
        application.services = []
        var datum = Description.datum(of: application)
        datum.set(["services"], .null)
        return datum
    }

    private static func step(_ change: ServiceChange, _ all: ApplicationChange, _ kinds: KindList) -> Step {
        let before = endpoints(change.old, kinds)
        let after = endpoints(change.new, kinds)
        let service = change.new ?? change.old
        return Step(
            name: change.path, kind: service?.kind ?? "", action: action(change, all, kinds, isMoved: before != after),
            formerName: change.formerPath, opens: after.filter { !before.contains($0) },
            closes: before.filter { !after.contains($0) },
            changes: Difference.between(datum(change.old), datum(change.new), at: change.path))
    }

    private static func datum(_ service: ServiceDefinition?) -> Datum {
        guard var service else { return .null }
        service.services = []
        return Description.datum(of: service)
    }

    private static func endpoints(_ service: ServiceDefinition?, _ kinds: KindList) -> [String] {
        guard let service, let kind = try? kinds.kind(service.kind) else { return [] }
        return kind.endpoints(stored: service.settings).map(\.description)
    }

    private static func action(
        _ change: ServiceChange, _ all: ApplicationChange, _ kinds: KindList, isMoved: Bool
    ) -> Action {
        let wasActive = change.old != nil && all.old.isActive(change.formerPath ?? change.path)
        let isActive = change.new != nil && all.new.isActive(change.path)
        guard let old = change.old, let new = change.new, wasActive, isActive else {
            // A group does nothing itself; what happens to those inside of it is said of each.
            if (change.new ?? change.old)?.isGroup == true { return .update }
            return wasActive ? .stop : isActive ? .start : .unchanged
        }
        guard old.kind == new.kind, change.formerPath == nil, !new.isGroup, let kind = try? kinds.kind(new.kind) else {
            return new.isGroup ? .update : .restart
        }
        if change.replacesState { return .restart }
        if old.settings == new.settings { return .update }
        if isMoved { return .rebind }
        return kind.canReconfigure(fromStored: old.settings, toStored: new.settings) ? .update : .restart
    }
}
