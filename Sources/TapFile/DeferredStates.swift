import Taproom

/// What services keep in memory and store from time to time.
///
/// A service that opens or stores its own has nothing to do with those of all the others.
struct DeferredStates {
    private var byService: [Int64: [any DeferredState]] = [:]
    private var timedServices: Set<Int64> = []

    mutating func add(_ state: any DeferredState) {
        byService[state.service, default: []].append(state)
        if state.isTimed { timedServices.insert(state.service) }
    }

    mutating func remove(service: Int64) {
        byService[service] = nil
        timedServices.remove(service)
    }

    var all: [any DeferredState] { byService.values.flatMap { $0 } }

    /// Whether changes of some become due by the clock.
    var hasTimed: Bool { !timedServices.isEmpty }

    func states(of service: Int64) -> [any DeferredState] { byService[service] ?? [] }
}
