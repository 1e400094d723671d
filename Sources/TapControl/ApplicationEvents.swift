import Synchronization
package import TapFile

/// Tells those who follow an application what happens in it.
///
/// While nobody follows, it costs nothing.
package final class ApplicationEvents: Sendable {
    fileprivate struct State {
        var followers: [EventQueue] = []
        /// What was told last of the revisions that can still change.
        var told: [Int: Revision.Status] = [:]
    }

    private let state = Mutex(State())

    package init() {}

    /// Whether somebody is to be told.
    package var isFollowed: Bool {
        state.withLock { state in
            state.followers.removeAll { $0.isOver }
            return !state.followers.isEmpty
        }
    }

    /// From which revision on ``tell(_:)`` wants to know them.
    package var firstUnsettled: Int { state.withLock { $0.told.keys.min() ?? 0 } }

    /// Tells a queue from now on what happens, and first how the services are.
    ///
    /// Called where services change their states, so that none is missed; ``begin(_:missed:)`` follows.
    package func add(_ queue: EventQueue, services: [ServiceState]) {
        state.withLock { state in
            queue.send(services.map(EventText.of).joined())
            state.followers.append(queue)
        }
    }

    /// Tells a new queue of the revisions that its client has missed, of which the last is the newest.
    ///
    /// On the thread of the tap, as ``tell(_:)``: neither knows less than what was told before.
    package func begin(_ queue: EventQueue, missed: [Revision]) {
        state.withLock { state in
            queue.send(missed.map(EventText.of).joined())
            state.settle(missed)
        }
    }

    /// Tells of revisions that are new or have another status than before.
    package func tell(_ revisions: [Revision]) {
        state.withLock { state in
            let news = revisions.filter { state.told[$0.revision] != $0.status }.map(EventText.of)
            for queue in state.followers { for text in news { queue.send(text) } }
            state.settle(revisions)
        }
    }

    /// Tells that a service is in another state.
    package func tell(_ service: ServiceState) {
        state.withLock { state in
            guard !state.followers.isEmpty else { return }
            let text = EventText.of(service)
            for queue in state.followers { queue.send(text) }
        }
    }
}

extension ApplicationEvents.State {
    /// Remembers the active revision and those behind it; what is older does not change any more.
    fileprivate mutating func settle(_ revisions: [Revision]) {
        let active = revisions.last { $0.status == .active }?.revision ?? 0
        let rest = revisions.filter { $0.revision >= active }
        told = Dictionary(rest.map { ($0.revision, $0.status) }) { first, _ in first }
    }
}
