/// What a service has passed on, in all and by target.
///
/// It has as many numbers as the settings have had targets.
struct ForwardCounters: Sendable {
    /// All of it.
    private(set) var total = Count()
    private var targets: [(name: String, count: Count)] = []

    /// Connections and bytes each way; clients that send datagrams count as connections.
    struct Count: Codable, Sendable, Equatable {
        var connections: Int64 = 0
        /// Bytes from clients to targets.
        var sent: Int64 = 0
        /// Bytes from targets to clients.
        var received: Int64 = 0

        mutating func add(_ other: Count) {
            connections &+= other.connections
            sent &+= other.sent
            received &+= other.received
        }

        var isZero: Bool { self == Count() }
    }

    /// Where a target is counted from now on, as long as this is in memory.
    mutating func slot(of target: String) -> Int {
        if let slot = targets.firstIndex(where: { $0.name == target }) { return slot }
        targets.append((target, Count()))
        return targets.count - 1
    }

    /// Adds what was passed on to a target.
    mutating func add(_ count: Count, in slot: Int) {
        total.add(count)
        if targets.indices.contains(slot) { targets[slot].count.add(count) }
    }

    /// The numbers of each target that was used, by its text.
    var byTarget: [String: Count] {
        var found: [String: Count] = [:]
        for (name, count) in targets where !count.isZero { found[name] = count }
        return found
    }
}

extension ForwardCounters: Codable {
    private enum CodingKeys: CodingKey {
        case connections, sent, received, targets
    }

    /// Reads stored counters.
    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        total = Count(
            connections: try container.decode(Int64.self, forKey: .connections),
            sent: try container.decode(Int64.self, forKey: .sent),
            received: try container.decode(Int64.self, forKey: .received))
        for (name, count) in try container.decode([String: Count].self, forKey: .targets) {
            targets.append((name, count))
        }
    }

    /// Writes what is not zero.
    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(total.connections, forKey: .connections)
        try container.encode(total.sent, forKey: .sent)
        try container.encode(total.received, forKey: .received)
        try container.encode(byTarget, forKey: .targets)
    }
}
