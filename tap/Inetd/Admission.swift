import NIOCore

/// Decides who is served: how many at once, for one client, and in a minute.
struct Admission: Sendable {
    /// What the settings say.
    struct Limits: Equatable, Sendable {
        var atOnce: Int
        var perSource: Int
        var perMinute: Int
    }

    /// Whether there is room for another client.
    enum Room: Equatable, Sendable {
        case free
        /// When somebody leaves.
        case full
        /// At that moment.
        case later(NIODeadline)
    }

    var limits: Limits
    private(set) var running = 0
    private var sources: [Source: Int] = [:]
    private var minute: NIODeadline?
    private var startsOfMinute = 0

    init(_ limits: Limits) { self.limits = limits }

    /// Whether there is room at a moment.
    mutating func room(at now: NIODeadline) -> Room {
        if running >= limits.atOnce { return .full }
        guard let minute, now < minute + .minutes(1) else {
            (minute, startsOfMinute) = (now, 0)
            return .free
        }
        return startsOfMinute < limits.perMinute ? .free : .later(minute + .minutes(1))
    }

    /// Takes a client for whom there is room; answers false when it has its share already.
    mutating func take(_ source: Source?) -> Bool {
        if let source {
            guard sources[source, default: 0] < limits.perSource else { return false }
            sources[source, default: 0] += 1
        }
        running += 1
        startsOfMinute += 1
        return true
    }

    /// A client has left.
    mutating func giveBack(_ source: Source?) {
        running -= 1
        guard let source, let count = sources[source] else { return }
        sources[source] = count > 1 ? count - 1 : nil
    }
}

extension InetdEntry {
    /// What decides who is served.
    var admission: Admission.Limits {
        Admission.Limits(atOnce: atOnce, perSource: perSource, perMinute: perMinute)
    }
}
