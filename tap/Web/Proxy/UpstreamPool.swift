import NIOCore

/// The connections to upstreams that wait for a request, of one event loop and used on that loop only.
final class UpstreamPool {
    private var idle: [[UpstreamConnection]]
    private let limit: Int
    private var isRetired = false

    /// For so many upstreams, and so many connections to each.
    init(upstreams: Int, limit: Int) {
        idle = Array(repeating: [], count: upstreams)
        self.limit = limit
    }

    /// The connection to an upstream that was used last, or nil when none is idle.
    func take(_ upstream: Int) -> UpstreamConnection? { idle[upstream].popLast() }

    /// Keeps a connection, or closes it where enough are kept.
    func give(_ connection: UpstreamConnection) {
        guard !isRetired, idle[connection.upstream].count < limit else {
            connection.close()
            return
        }
        idle[connection.upstream].append(connection)
    }

    /// Forgets a connection that has closed.
    func remove(_ connection: UpstreamConnection) { idle[connection.upstream].removeAll { $0 === connection } }

    /// How many wait.
    var count: Int { idle.reduce(0) { $0 + $1.count } }

    /// Closes those that wait, and every other one when it is given back.
    func retire() {
        isRetired = true
        for connection in idle.joined() { connection.close() }
        idle = idle.map { _ in [] }
    }
}
