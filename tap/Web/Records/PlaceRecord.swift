import Synchronization

/// Where requests that a place answers are written down.
final class PlaceRecord: Sendable {
    let name: PlaceName
    /// The log they are noted in; nil: none.
    let log: AccessLog?
    /// Its number in the counters, once it has had a request.
    private let slot = Atomic<Int>(-1)
    private let knownFigures = Mutex<HostFigures?>(nil)

    init(_ name: PlaceName, log: AccessLog?) { (self.name, self.log) = (name, log) }

    /// Its number in the counters of its service, which are always the same.
    func slot(in counters: inout Counters) -> Int {
        let known = slot.load(ordering: .relaxed)
        if known >= 0 { return known }
        let new = counters.slot(of: name)
        slot.store(new, ordering: .relaxed)
        return new
    }

    /// What watchers see of its host.
    func figures(_ figures: RequestFigures) -> HostFigures {
        knownFigures.withLock { known in
            let found = known ?? figures.host(name.host)
            known = found
            return found
        }
    }
}
