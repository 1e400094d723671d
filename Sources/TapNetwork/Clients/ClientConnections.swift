package import NIOCore
import Synchronization

/// How many connections each client has.
///
/// Shared by all event loops. Clients without a connection take no memory.
package final class ClientConnections: Sendable {
    private let counts = Mutex<[ClientKey: Int]>([:])

    /// Clients without any connection yet.
    package init() {}

    /// Counts a new connection until it is closed; false when its client has as many as it may have.
    ///
    /// `address` is the client's; without one, as at unix sockets, it is not counted.
    package func admit(_ address: SocketAddress?, on channel: any Channel, atMost limit: Int) -> Bool {
        guard let client = ClientKey(address) else { return true }
        guard take(client, atMost: limit) else { return false }
        channel.closeFuture.whenComplete { [self] _ in giveBack(client) }
        return true
    }

    /// Counts a new connection; false when its client has as many as it may have.
    package func take(_ client: ClientKey, atMost limit: Int) -> Bool {
        counts.withLock { counts in
            let count = counts[client, default: 0]
            if count < limit { counts[client] = count + 1 }
            return count < limit
        }
    }

    /// Counts a connection no more.
    package func giveBack(_ client: ClientKey) {
        counts.withLock { counts in
            let count = counts[client, default: 1]
            counts[client] = count > 1 ? count - 1 : nil
        }
    }

    /// How many clients have a connection.
    package var clients: Int { counts.withLock { $0.count } }
}
