import Taproom

/// What services keep in memory and store from time to time.
///
/// The many states of which nothing becomes due by the clock cost nothing while nobody asks for them.
struct DeferredStates {
    private var byService: [Int64: [any DeferredState]] = [:]
    private var timedByService: [Int64: [any DeferredState]] = [:]

    mutating func add(_ state: any DeferredState) {
        byService[state.service, default: []].append(state)
        if state.isTimed { timedByService[state.service, default: []].append(state) }
    }

    mutating func remove(service: Int64) {
        byService[service] = nil
        timedByService[service] = nil
    }

    var all: [any DeferredState] { byService.values.flatMap { $0 } }

    /// Those whose changes become due by the clock.
    var timed: [any DeferredState] { timedByService.values.flatMap { $0 } }

    var hasTimed: Bool { !timedByService.isEmpty }

    func states(of service: Int64) -> [any DeferredState] { byService[service] ?? [] }
}
