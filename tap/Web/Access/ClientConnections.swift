import NIOCore
import TapNetwork
import Synchronization

/// How many connections each client has.
///
/// Shared by all event loops. Clients without a connection take no memory.
final class ClientConnections: Sendable {
    private let counts = Mutex<[ClientKey: Int]>([:])

    /// Counts a new connection until it is closed; false when its client has as many as it may have.
    func admit(_ client: Client, on channel: any Channel, atMost limit: Int) -> Bool {
        guard let client = ClientKey(client.address) else { return true }
        let isAdmitted = counts.withLock { counts in
            let count = counts[client, default: 0]
            if count < limit { counts[client] = count + 1 }
            return count < limit
        }
        guard isAdmitted else { return false }
        channel.closeFuture.whenComplete { [self] _ in
            counts.withLock { counts in
                let count = counts[client, default: 1]
                counts[client] = count > 1 ? count - 1 : nil
            }
        }
        return true
    }

    /// How many clients have a connection.
    var clients: Int { counts.withLock { $0.count } }
}
