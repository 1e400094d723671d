import TapConfig
import Taproom

/// A change of what runs, while it is prepared: the sockets and the services that will be there.
struct ServiceSwitch: Sendable {
    /// The services that are made anew or take other settings, in the order they start.
    private(set) var planned: [PlannedService] = []
    /// All sockets, as they will be.
    private(set) var bound: SocketTable
    /// The services whose sockets may differ.
    private(set) var touched: Set<String> = []
    /// The paths of the services that end; others may run under the same paths then.
    private(set) var leaving: Set<String> = []
    /// New services, which do not run yet.
    var made: [RunningService] = []
    /// What makes other settings count.
    var updates: [@Sendable () -> Void] = []

    private let plan: ChangePlan
    private let former: SocketTable
    private var updated: Set<String> = []

    init(_ plan: ChangePlan, _ sockets: SocketTable) {
        self.plan = plan
        (former, bound) = (sockets, sockets)
    }

    /// Checks what is to run and binds where it listens.
    ///
    /// - Parameters:
    ///   - application: the application as it will be.
    ///   - kinds: the kinds of its services.
    ///   - passed: what was handed over to this process.
    ///   - isRunning: whether a service runs at a path; one that failed has nothing to take other settings.
    /// - Throws: ``RunnerError``; nothing is bound then that was not before.
    mutating func prepare(
        _ application: Application, kinds: KindList, passed: PassedSockets?, isRunning: (String) -> Bool
    ) throws(RunnerError) {
        var gone: Set<String> = []
        for step in plan.services {
            let old = step.formerName ?? step.name
            switch step.action {
            case .unchanged: continue
            case .stop:
                leaving.insert(old)
                gone.insert(old)
                continue
            case .update: if isRunning(step.name) { updated.insert(step.name) }
            case .rebind, .restart:
                leaving.insert(old)
                gone.insert(old)
            case .start: break
            }
            guard let definition = application.service(at: step.name), !definition.isGroup else { continue }
            planned.append(try PlannedService(step.name, definition, kinds: kinds))
        }
        let rebound = planned.filter { !updated.contains($0.path) }
        guard !rebound.isEmpty || !gone.isEmpty else { return }
        touched = gone.union(rebound.map(\.path))
        let renamed = plan.services.compactMap { step in step.formerName.map { (step.name, $0) } }
        bound = try former.changing(
            gone, to: rebound, formerPaths: Dictionary(renamed) { first, _ in first }, passed: passed)
    }

    func isUpdate(_ path: String) -> Bool { updated.contains(path) }

    /// The services that need the numbers of their state.
    var pathsToMake: [String] { planned.map(\.path).filter { !updated.contains($0) } }

    /// Closes what was bound for nothing.
    func abandon() { bound.close(touched, except: former) }
}
