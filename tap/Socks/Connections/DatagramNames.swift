import NIOCore

/// The names that a client sends datagrams to, with the addresses that were found for them a short while ago.
///
/// There are never more than some of them, and of datagrams that wait for one.
struct DatagramNames {
    /// A datagram that waits for a name.
    struct Waiting {
        let payload: ByteBuffer
        let port: UInt16
    }

    /// What is to be done with a datagram.
    enum Answer: Equatable {
        case known([UInt8])
        /// Nobody knows the name yet: it is to be looked up.
        case asks
        /// It waits for an answer that is under way.
        case waits
        /// There is no room, or there was no address a short while ago.
        case dropped
    }

    private enum State {
        case waiting([Waiting])
        case found([UInt8]?, until: NIODeadline)
    }

    private static let mostNames = 64
    private static let mostWaiting = 16
    private static let duration = TimeAmount.seconds(60)

    private var states: [String: State] = [:]

    /// What is known of a name.
    mutating func look(up name: String, for datagram: Waiting, now: NIODeadline) -> Answer {
        switch states[name] {
        case .waiting(let others):
            guard others.count < DatagramNames.mostWaiting else { return .dropped }
            states[name] = .waiting(others + [datagram])
            return .waits
        case .found(let address, let end) where now < end: return address.map(Answer.known) ?? .dropped
        case nil, .found:
            if states.count >= DatagramNames.mostNames {
                states = states.filter { if case .found(_, let end) = $0.value { now < end } else { true } }
            }
            guard states[name] != nil || states.count < DatagramNames.mostNames else { return .dropped }
            states[name] = .waiting([datagram])
            return .asks
        }
    }

    /// Keeps what was found, and answers the datagrams that have waited for it.
    mutating func found(_ address: [UInt8]?, for name: String, now: NIODeadline) -> [Waiting] {
        defer { states[name] = .found(address, until: now + DatagramNames.duration) }
        if case .waiting(let datagrams)? = states[name] { return datagrams }
        return []
    }
}

/// The addresses that a client has sent datagrams to: others can't send to it.
///
/// The last ones, at least as many as are in a generation.
struct DatagramPeers {
    private let generationSize: Int
    private var younger: Set<[UInt8]> = []
    private var older: Set<[UInt8]> = []

    /// Nobody yet.
    init(generationSize: Int = 1024) { self.generationSize = generationSize }

    /// Whether something was sent to an address.
    func contains(_ address: [UInt8]) -> Bool { younger.contains(address) || older.contains(address) }

    /// Notes that something is sent to an address.
    mutating func insert(_ address: [UInt8]) {
        if younger.count >= generationSize, !younger.contains(address) { (older, younger) = (younger, []) }
        younger.insert(address)
    }
}
