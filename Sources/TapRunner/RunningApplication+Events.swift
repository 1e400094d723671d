import Logging
import TapControl
import TapFile
import Taproom

extension RunningApplication: LiveApplication {
    func follow(_ queue: EventQueue, after revision: Int?) async throws {
        let isFirst = !events.isFollowed
        events.add(queue, services: serviceStates)
        try await writer.perform { [events] tap in
            // What the others have not been told yet they would not be told after this.
            if !isFirst { events.tell(try tap.history(from: events.firstUnsettled)) }
            let active = try tap.activeRevision()
            events.begin(queue, missed: try tap.history(from: min(revision ?? active, active)))
        }
    }

    private var serviceStates: [ServiceState] {
        application.servicesByPath.map { path, definition in
            let state = state(of: path, definition)
            return ServiceState(
                name: path, state: state, reason: state == .failed ? histories[path]?.lastFailure?.reason : nil)
        }
    }

    /// Tells those who follow what became of the newest revisions.
    func tellRevisions() async {
        guard events.isFollowed else { return }
        do {
            try await writer.perform { [events] tap in
                events.tell(try tap.history(from: events.firstUnsettled))
            }
        } catch {
            logger.debug("nobody is told of a revision", metadata: ["error": "\(error)"])
        }
    }

    func token(_ text: String) async throws -> ControlToken? { try await writer.perform { try $0.token(text) } }

    func tokens() async throws -> [ControlToken] { try await writer.perform { try $0.tokens() } }

    func addToken(_ name: String, _ role: ControlToken.Role) async throws -> String {
        try await writer.perform { tap in try tap.commit { try tap.newToken(name, role) } }
    }

    func removeToken(_ name: String) async throws {
        try await writer.perform { tap in try tap.commit { try tap.revokeToken(name) } }
    }
}
