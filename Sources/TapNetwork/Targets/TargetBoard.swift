package import NIOCore

/// Which of several servers are in, and which of them gets the next request or connection: decisions only, made at moments
/// that are given.
package struct TargetBoard: Sendable {
    /// Which one is next.
    package enum Balance: Sendable {
        /// One after the other.
        case roundRobin
        /// The one with the least to do.
        case leastConnections
        /// The first one in their order that is in.
        case first
    }

    /// When targets are out, and for how long.
    package struct Rules: Sendable {
        /// How many failures in a row take one out.
        package var failures = 3
        /// How long it stays out after that.
        package var pause = TimeAmount.seconds(10)
        /// How many good answers in a row to questions bring one back.
        package var rise = 1
        /// How many bad answers in a row take one out.
        package var fall = 1
        /// The time from one question to the next, in seconds.
        package var checkSeconds: Int64 = 10

        /// The defaults.
        package init() {}
    }

    /// Who gets a request.
    package enum Choice: Equatable {
        case target(Int)
        /// All that are in were tried already.
        case exhausted
        /// None is in; when the first one may be back, in seconds from 1.
        case allOut(retrySeconds: Int64)
    }

    /// What has changed for a target.
    package enum Change: Equatable {
        case out
        case back
    }

    private struct Line {
        /// Requests under way.
        var active = 0
        /// Failures since the last success.
        var failures = 0
        /// Until when it is out after failures; the next request after that decides.
        var pausedUntil: NIODeadline?
        /// Whether it is well by what it has answered when it was asked.
        var isWell = true
        /// How many of the last answers say otherwise.
        var otherAnswers = 0
    }

    private var lines: [Line]
    private var next = 0
    private let balance: Balance
    private let rules: Rules

    /// A number of targets, 64 at most, all of them in.
    package init(count: Int, _ balance: Balance, _ rules: Rules) {
        (lines, self.balance, self.rules) = (Array(repeating: Line(), count: count), balance, rules)
    }

    /// Chooses a target, but none of a set of bits, and counts the request to it.
    ///
    /// One that comes back from a pause gets a single request, which decides: until it is answered, or another pause is over,
    /// there is none for it.
    package mutating func choose(without tried: UInt64, now: NIODeadline) -> Choice {
        var best: Int?
        var isAnyIn = false
        let start = balance == .first ? 0 : next
        for offset in lines.indices {
            let index = (start + offset) % lines.count
            guard isIn(index, now: now) else { continue }
            isAnyIn = true
            guard tried & 1 << UInt64(index) == 0 else { continue }
            if let found = best, balance != .leastConnections || lines[found].active <= lines[index].active { continue }
            best = index
        }
        guard let best else { return isAnyIn || tried != 0 ? .exhausted : .allOut(retrySeconds: retrySeconds(now)) }
        next = (best + 1) % lines.count
        if lines[best].pausedUntil != nil { lines[best].pausedUntil = now + rules.pause }
        lines[best].active += 1
        return .target(best)
    }

    /// A single target is never out for its failures: without it there is nobody who could answer better.
    private func isPaused(_ index: Int, _ now: NIODeadline) -> Bool {
        guard lines.count > 1, let end = lines[index].pausedUntil else { return false }
        return now < end
    }

    private func retrySeconds(_ now: NIODeadline) -> Int64 {
        let times = lines.filter(\.isWell).compactMap { $0.pausedUntil.map { ($0 - now).nanoseconds } }
        guard let least = times.min() else { return max(1, rules.checkSeconds) }
        return max(1, (least + 999_999_999) / 1_000_000_000)
    }

    /// A request to a target is over, however it went.
    package mutating func ended(_ index: Int) { lines[index].active -= 1 }

    /// A target has begun to answer.
    package mutating func succeeded(_ index: Int) -> Change? {
        lines[index].failures = 0
        guard lines[index].pausedUntil != nil else { return nil }
        lines[index].pausedUntil = nil
        return .back
    }

    /// A target has not answered, or not to the end.
    package mutating func failed(_ index: Int, now: NIODeadline) -> Change? {
        lines[index].failures = min(lines[index].failures + 1, rules.failures)
        guard lines[index].failures >= rules.failures else { return nil }
        let wasIn = lines[index].pausedUntil == nil
        lines[index].pausedUntil = now + rules.pause
        return wasIn ? .out : nil
    }

    /// A target was asked whether it is well.
    package mutating func checked(_ index: Int, isWell: Bool) -> Change? {
        guard lines[index].isWell != isWell else {
            lines[index].otherAnswers = 0
            return nil
        }
        lines[index].otherAnswers += 1
        guard lines[index].otherAnswers >= (isWell ? rules.rise : rules.fall) else { return nil }
        (lines[index].isWell, lines[index].otherAnswers) = (isWell, 0)
        return isWell ? .back : .out
    }

    /// Whether a target gets requests.
    package func isIn(_ index: Int, now: NIODeadline) -> Bool { lines[index].isWell && !isPaused(index, now) }

    /// How many requests are under way to a target.
    package func active(_ index: Int) -> Int { lines[index].active }
}
