import TapControl

/// How the services are, by path; whoever follows the application is told when one changes.
struct ServiceStates {
    typealias State = StatusReport.Service.State

    private var states: [String: State] = [:]
    private let events: ApplicationEvents

    init(events: ApplicationEvents) { self.events = events }

    /// The state of a service; nil: it never ran, or is no part of the application any more.
    subscript(path: String) -> State? {
        get { states[path] }
        set { set(newValue, of: path) }
    }

    /// Says that a service failed, and why.
    mutating func fail(_ path: String, because reason: String) { set(.failed, of: path, reason) }

    /// The paths of those that failed, sorted.
    var failed: [String] { states.filter { $0.value == .failed }.keys.sorted() }

    private mutating func set(_ state: State?, of path: String, _ reason: String? = nil) {
        let old = states[path]
        states[path] = state
        guard (old ?? .stopped) != (state ?? .stopped) else { return }
        events.tell(ServiceState(name: path, state: state ?? .stopped, reason: reason))
    }
}
