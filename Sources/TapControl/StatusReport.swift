package import TapFile

/// What `tapctl status --json` prints.
///
/// Keys are added, never renamed.
package struct StatusReport: Sendable, Equatable, Codable {
    /// How far the disk is behind.
    package struct Durability: Sendable, Equatable, Codable {
        /// The newest revision that is on disk.
        package var revision: Int
        /// For how many seconds there have been changes that a crash would lose; 0: none would be lost.
        package var lossWindow: Double

        package init(revision: Int, lossWindow: Double) {
            self.revision = revision
            self.lossWindow = lossWindow
        }
    }

    package struct Service: Sendable, Equatable, Codable {
        package enum State: String, Sendable, Codable {
            case starting, running, stopping, stopped, failed
            /// Of a kind the program does not know: kept as it is.
            case quarantined
        }

        /// When and why a service failed.
        package struct Failure: Sendable, Equatable, Codable {
            /// RFC 3339, UTC.
            package var time: String
            package var reason: String

            package init(time: String, reason: String) {
                self.time = time
                self.reason = reason
            }
        }

        /// The path: `web`, `backends/api`.
        package var name: String
        package var kind: String
        package var enabled: Bool
        package var state: State
        package var restarts: Int
        /// Why it was last restarted or is not running; absent when it never failed since the start.
        package var lastFailure: Failure?
        /// Where it listens, with real ports while it runs.
        package var endpoints: [String]

        package init(
            name: String, kind: String, enabled: Bool, state: State, restarts: Int, lastFailure: Failure? = nil,
            endpoints: [String]
        ) {
            self.name = name
            self.kind = kind
            self.enabled = enabled
            self.state = state
            self.restarts = restarts
            self.lastFailure = lastFailure
            self.endpoints = endpoints
        }
    }

    /// A change that is taken back unless somebody confirms it.
    package struct Unconfirmed: Sendable, Equatable, Codable {
        package var revision: Int
        /// RFC 3339, UTC.
        package var until: String

        package init(_ confirmation: Confirmation) {
            (revision, until) = (confirmation.revision, confirmation.time)
        }
    }

    package var name: String
    /// The path of the tap, or null for an application in memory.
    package var tap: String?
    package var revision: Int
    package var running: Bool
    package var pid: Int?
    /// When it was started: RFC 3339, UTC.
    package var since: String?
    package var durable: Durability
    package var services: [Service]
    /// The change that waits to be confirmed; absent when there is none.
    package var unconfirmed: Unconfirmed?

    package init(
        name: String, tap: String?, revision: Int, running: Bool, pid: Int? = nil, since: String? = nil,
        durable: Durability, services: [Service], unconfirmed: Confirmation? = nil
    ) {
        self.unconfirmed = unconfirmed.map { Unconfirmed($0) }
        self.name = name
        self.tap = tap
        self.revision = revision
        self.running = running
        self.pid = pid
        self.since = since
        self.durable = durable
        self.services = services
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(name, forKey: .name)
        // Written even when there is none, so that every report has the same keys.
        try container.encode(tap, forKey: .tap)
        try container.encode(revision, forKey: .revision)
        try container.encode(running, forKey: .running)
        try container.encode(pid, forKey: .pid)
        try container.encode(since, forKey: .since)
        try container.encode(durable, forKey: .durable)
        try container.encode(services, forKey: .services)
        try container.encodeIfPresent(unconfirmed, forKey: .unconfirmed)
    }
}
