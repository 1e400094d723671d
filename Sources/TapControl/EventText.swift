import TapData
import TapFile

/// Server-sent events as text (WHATWG HTML, section 9.2.6).
enum EventText {
    static let mediaType = "text/event-stream"

    /// What keeps a connection that nothing happens on from being taken for a dead one: a comment.
    static let heartbeat = ":\n\n"

    /// The last word to a client that is too slow.
    static let lost = "event: lost\ndata: {}\n\n"

    /// An event about a revision; its number is what a client that comes again says it knows.
    static func of(_ revision: Revision) -> String {
        guard let datum = try? DatumEncoder().encode(revision) else { return "" }
        return "event: revision\nid: \(revision.revision)\ndata: \(JSONWriter.line(datum))\n\n"
    }

    /// An event about a service.
    static func of(_ service: ServiceState) -> String {
        guard let datum = try? DatumEncoder().encode(service) else { return "" }
        return "event: service\ndata: \(JSONWriter.line(datum))\n\n"
    }

    /// An event of the log.
    static func log(_ json: String) -> String { "event: log\ndata: \(json)\n\n" }
}

/// What a `service` event tells.
package struct ServiceState: Sendable, Equatable, Codable {
    /// The path.
    package var name: String
    package var state: StatusReport.Service.State
    /// Why it failed; absent unless it did.
    package var reason: String?

    package init(name: String, state: StatusReport.Service.State, reason: String? = nil) {
        self.name = name
        self.state = state
        self.reason = reason
    }
}
