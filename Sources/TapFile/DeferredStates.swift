import Taproom

/// What services keep in memory and store from time to time.
///
/// A service that opens or stores its own has nothing to do with those of all the others, and a commit only with those that
/// changed.
struct DeferredStates {
    private var byService: [Int64: [any DeferredState]] = [:]
    private var timedServices: Set<Int64> = []
    private var changed: [ObjectIdentifier: any DeferredState] = [:]

    mutating func add(_ state: any DeferredState) {
        byService[state.service, default: []].append(state)
        if state.isTimed { timedServices.insert(state.service) }
    }

    mutating func remove(service: Int64) {
        for state in byService[service] ?? [] { changed[ObjectIdentifier(state)] = nil }
        byService[service] = nil
        timedServices.remove(service)
    }

    var all: [any DeferredState] { byService.values.flatMap { $0 } }

    /// Notes one that has changes to be stored; one whose service has stopped is forgotten already.
    mutating func noteChanged(_ state: any DeferredState) {
        guard byService[state.service]?.contains(where: { $0 === state }) == true else { return }
        changed[ObjectIdentifier(state)] = state
    }

    /// Those that have changes; from now on they count as having none.
    mutating func takeChanged(where isMeant: (any DeferredState) -> Bool = { _ in true }) -> [any DeferredState] {
        let taken = changed.values.filter(isMeant)
        for state in taken { changed[ObjectIdentifier(state)] = nil }
        return taken
    }

    /// Whether changes of some become due by the clock.
    var hasTimed: Bool { !timedServices.isEmpty }

    func states(of service: Int64) -> [any DeferredState] { byService[service] ?? [] }
}
