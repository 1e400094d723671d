/// What a web service has answered, by the first digit of the status.
struct Counters: Codable, Sendable, Equatable {
    /// How many responses were sent.
    var requests = ByStatus()
    /// How many bytes of their bodies the operating system has taken.
    var bytes = ByStatus()

    /// Adds what happened to another count.
    mutating func add(_ other: Counters) {
        requests.add(other.requests)
        bytes.add(other.bytes)
    }

    /// One number for each class of status.
    struct ByStatus: Codable, Sendable, Equatable {
        var informational: Int64 = 0
        var successful: Int64 = 0
        var redirected: Int64 = 0
        var refused: Int64 = 0
        var failed: Int64 = 0

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
            case 1: informational += amount
            case 2: successful += amount
            case 3: redirected += amount
            case 4: refused += amount
            default: failed += amount
            }
        }

        fileprivate mutating func add(_ other: ByStatus) {
            informational += other.informational
            successful += other.successful
            redirected += other.redirected
            refused += other.refused
            failed += other.failed
        }
    }
}
