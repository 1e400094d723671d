import Dispatch
import Glibc
import Taproom

/// A server that a test plays: it takes connections when it is told to, and says what the test says.
public final class TestListener: Sendable {
    /// Where it listens.
    public let address: TestAddress
    private let queue = DispatchQueue(label: "test listener")
    private let socket: ListeningSocket
    private let descriptor: CInt

    /// Listens on a free TCP port of 127.0.0.1, or on a unix socket.
    ///
    /// Throws ``SystemCallError``.
    public init(unix path: String? = nil) throws {
        socket = try ListeningSocket(path.map { Endpoint(.unix(path: $0, mode: nil)) } ?? .tcp(port: 0))
        descriptor = try socket.listener.duplicate()
        address = socket.address
    }

    deinit { close(descriptor) }

    /// Waits for the next connection, for at most a minute.
    ///
    /// Throws ``TestFailure`` when none comes.
    public func accept() async throws -> TestConnection {
        try await offPool(queue) { [descriptor] in
            var poll = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            guard Glibc.poll(&poll, 1, 60_000) > 0 else { throw TestFailure("nobody has connected") }
            let accepted = Glibc.accept(descriptor, nil, nil)
            guard accepted >= 0 else { throw TestFailure("cannot accept: error \(errno)") }
            return TestConnection(accepted: accepted)
        }
    }
}
