/// What a proxy has done for its clients.
struct SocksCounters: Codable, Equatable, Sendable {
    /// What became of requests.
    struct Outcomes: Codable, Equatable, Sendable {
        var granted: Int64 = 0
        var refused: Int64 = 0
        var failed: Int64 = 0
    }

    /// Bytes in both directions.
    struct Bytes: Codable, Equatable, Sendable {
        /// From clients to destinations.
        var sent: Int64 = 0
        /// From destinations to clients.
        var received: Int64 = 0
    }

    /// What one user has done.
    struct Use: Codable, Equatable, Sendable {
        var requests: Int64 = 0
        var sent: Int64 = 0
        var received: Int64 = 0
    }

    /// How often passwords were right and wrong.
    struct Logins: Codable, Equatable, Sendable {
        var accepted: Int64 = 0
        var refused: Int64 = 0
    }

    /// How many users have numbers of their own.
    static let mostUsers = 1000

    var connect = Outcomes()
    var bind = Outcomes()
    var udp = Outcomes()
    /// What could not be understood, so that it was no request.
    var malformed: Int64 = 0
    var bytes = Bytes()
    var logins = Logins()
    /// By name.
    private(set) var users: [String: Use] = [:]
    /// Those for whom there was no room, together.
    private(set) var otherUsers = Use()

    /// Adds a request.
    mutating func add(_ command: SocksCommand, _ outcome: SocksOutcome, for user: String?) {
        let count: WritableKeyPath<Outcomes, Int64> =
            switch outcome {
            case .granted: \.granted
            case .refused: \.refused
            case .failed: \.failed
            }
        switch command {
        case .connect: connect[keyPath: count] &+= 1
        case .bind: bind[keyPath: count] &+= 1
        case .udp: udp[keyPath: count] &+= 1
        }
        if let user { change(user) { $0.requests &+= 1 } }
    }

    /// Adds bytes.
    mutating func add(_ amount: Bytes, for user: String?) {
        bytes.sent &+= amount.sent
        bytes.received &+= amount.received
        guard let user else { return }
        change(user) {
            $0.sent &+= amount.sent
            $0.received &+= amount.received
        }
    }

    private mutating func change(_ user: String, _ body: (inout Use) -> Void) {
        guard users[user] != nil || users.count < SocksCounters.mostUsers else { return body(&otherUsers) }
        body(&users[user, default: Use()])
    }
}

/// What became of a request, in a word.
enum SocksOutcome: String, Sendable, CaseIterable {
    /// It was carried out.
    case granted
    /// It was not let through.
    case refused
    /// It was let through, and could not be carried out.
    case failed
}
