import TapData

/// What happens when a service ends by itself.
///
/// A service that is not started again, or not any more, fails the group it is in; a group that fails is treated by its own
/// policy, and one that is in no group fails the application.
package struct RestartPolicy: Sendable, Equatable, DocumentedSettings {
    package enum Policy: String, Sendable, Codable, CaseIterable {
        /// Its failure is that of its group, or of the application.
        case never
        /// The service is started again when it failed; when it just ended, nothing happens.
        case onFailure
        /// The service is started again.
        case always
    }

    package var policy = Policy.never
    /// How many times it is started again within `within` before it counts as failed for good.
    ///
    /// From 1.
    package var atMost = 5
    package var within = TimeSpan(seconds: 60)
    /// How long the first restart waits.
    ///
    /// Each further one within `within` waits twice as long as the one before.
    package var delay = TimeSpan(milliseconds: 100)
    /// How long a restart waits at most.
    package var maxDelay = TimeSpan(seconds: 10)

    package static let fields: [SettingField<RestartPolicy>] = [
        SettingField(
            "policy", "Whether a service that ends by itself is started again.", words: Policy.allCases.map(\.rawValue),
            examples: ["onFailure"]),
        SettingField(
            "atMost", "How many times it is started again within `within` before it has failed for good.", \.atMost,
            in: 1...),
        SettingField("within", "The time in which restarts are counted.", examples: [TimeSpan(seconds: 600)]),
        SettingField("delay", "How long the first restart waits; each further one waits twice as long."),
        SettingField("maxDelay", "How long a restart waits at most: the delay or longer."),
    ]

    package init() {}

    enum CodingKeys: String, CodingKey { case policy, atMost, within, delay, maxDelay }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let word = try container.decode(String.self, forKey: .policy)
        guard let policy = Policy(rawValue: word) else {
            throw DataError(
                path: [.key("policy")],
                problem: "is unknown: \"\(word)\"." + suggestion(for: word, among: Policy.allCases.map(\.rawValue)))
        }
        self.policy = policy
        atMost = try container.decode(Int.self, forKey: .atMost)
        within = try container.decode(TimeSpan.self, forKey: .within)
        delay = try container.decodeIfPresent(TimeSpan.self, forKey: .delay) ?? delay
        maxDelay = try container.decodeIfPresent(TimeSpan.self, forKey: .maxDelay) ?? maxDelay
        if let problem = rangeProblems.first {
            throw DataError(path: [.key(problem.key)], problem: problem.problem)
        }
        guard maxDelay.milliseconds >= delay.milliseconds else {
            throw DataError(
                path: [.key("maxDelay")], problem: "must be \(delay), which is the delay, or more, but is \(maxDelay)")
        }
    }

    package func encode(to encoder: any Encoder) throws {
        let usual = RestartPolicy()
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(policy, forKey: .policy)
        try container.encode(atMost, forKey: .atMost)
        try container.encode(within, forKey: .within)
        // What few people change is written only when it was.
        if delay != usual.delay { try container.encode(delay, forKey: .delay) }
        if maxDelay != usual.maxDelay { try container.encode(maxDelay, forKey: .maxDelay) }
    }
}
