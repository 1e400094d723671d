/// What a web service has answered: by class of status, by status, by host and by path.
///
/// It has as many numbers as the settings have hosts and routes: what clients send makes no more of them.
struct Counters: Sendable {
    /// How many responses were sent.
    private(set) var requests = ByStatus()
    /// How many bytes of their bodies the operating system has taken.
    private(set) var bytes = ByStatus()
    /// From the status 100 on, with all that are none at the end; empty when there is nothing yet.
    private var statuses: [Count] = []
    private var places: [(name: PlaceName, count: Count)] = []
    private var slots: [PlaceName: Int] = [:]

    /// Where requests to a place are counted from now on, as long as this is in memory.
    mutating func slot(of name: PlaceName) -> Int {
        if let slot = slots[name] { return slot }
        places.append((name, Count()))
        slots[name] = places.count - 1
        return places.count - 1
    }

    /// Adds responses of a status, and bytes of their bodies.
    mutating func add(_ count: Count, for status: Int, in slot: Int) {
        requests.add(count.requests, for: status)
        bytes.add(count.bytes, for: status)
        if statuses.isEmpty { statuses = Array(repeating: Count(), count: Counters.knownStatuses.count + 1) }
        statuses[Counters.index(status)].add(count)
        if places.indices.contains(slot) { places[slot].count.add(count) }
    }

    private static let knownStatuses = 100..<600

    private static func index(_ status: Int) -> Int {
        knownStatuses.contains(status) ? status - knownStatuses.lowerBound : knownStatuses.count
    }

    /// The numbers of each status that there was, by the status; what is no status is `other`.
    var byStatus: [String: Count] {
        var found: [String: Count] = [:]
        for (index, count) in statuses.enumerated() where !count.isZero {
            found[index == Counters.knownStatuses.count ? "other" : "\(Counters.knownStatuses.lowerBound + index)"] =
                count
        }
        return found
    }

    /// The numbers of each place that had requests, by its name as ``PlaceName`` writes it.
    var byPath: [String: Count] {
        var found: [String: Count] = [:]
        for (name, count) in places where !count.isZero { found[name.text] = count }
        return found
    }

    /// The numbers of each host that had requests, by its first name.
    var byHost: [String: Count] {
        var found: [String: Count] = [:]
        for (name, count) in places where !count.isZero { found[name.host, default: Count()].add(count) }
        return found
    }
}

extension Counters {
    /// How many responses, and how many bytes of bodies.
    struct Count: Codable, Sendable, Equatable {
        var requests: Int64 = 0
        var bytes: Int64 = 0

        var isZero: Bool { requests == 0 && bytes == 0 }

        mutating func add(_ other: Count) {
            requests &+= other.requests
            bytes &+= other.bytes
        }
    }

    /// One number for each class of status.
    struct ByStatus: Codable, Sendable, Equatable {
        private(set) var informational: Int64 = 0
        private(set) var successful: Int64 = 0
        private(set) var redirected: Int64 = 0
        private(set) var refused: Int64 = 0
        private(set) var failed: Int64 = 0

        enum CodingKeys: String, CodingKey {
            case informational = "1xx"
            case successful = "2xx"
            case redirected = "3xx"
            case refused = "4xx"
            case failed = "5xx"
        }

        /// Adds to the number for the class of a status code.
        mutating func add(_ amount: Int64, for status: Int) {
            switch status / 100 {
            case 1: informational &+= amount
            case 2: successful &+= amount
            case 3: redirected &+= amount
            case 4: refused &+= amount
            default: failed &+= amount
            }
        }
    }
}

extension Counters: Codable {
    private enum CodingKeys: CodingKey {
        case requests, bytes, statuses, hosts, paths
    }

    /// Reads stored counters; those of programs that did not count by status and place have classes only.
    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        requests = try container.decode(ByStatus.self, forKey: .requests)
        bytes = try container.decode(ByStatus.self, forKey: .bytes)
        if let stored = try container.decodeIfPresent([String: Count].self, forKey: .statuses) {
            statuses = Array(repeating: Count(), count: Counters.knownStatuses.count + 1)
            for (status, count) in stored { statuses[Counters.index(Int(status) ?? 0)].add(count) }
        }
        // Those of hosts are the sums of these.
        for (name, count) in try container.decodeIfPresent([String: Count].self, forKey: .paths) ?? [:] {
            let slot = slot(of: PlaceName(name))
            places[slot].count.add(count)
        }
    }

    /// Writes what is not zero.
    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(requests, forKey: .requests)
        try container.encode(bytes, forKey: .bytes)
        try container.encode(byStatus, forKey: .statuses)
        try container.encode(byHost, forKey: .hosts)
        try container.encode(byPath, forKey: .paths)
    }
}
