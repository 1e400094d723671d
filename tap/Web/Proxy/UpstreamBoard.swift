import NIOCore
import Taproom

/// Which upstreams are in, and which of them gets the next request: decisions only, made at moments that are given.
struct UpstreamBoard {
    /// Who gets a request.
    enum Choice: Equatable {
        case upstream(Int)
        /// All that are in were tried already.
        case exhausted
        /// None is in; when the first one may be back, in seconds from 1.
        case allOut(retrySeconds: Int64)
    }

    /// What has changed for an upstream.
    enum Change: Equatable {
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
        /// What it has answered when it was asked last.
        var isWell = true
    }

    private var lines: [Line]
    private var next = 0
    private let balance: ProxySettings.Balance
    private let failures: Int
    private let pause: TimeAmount
    private let checkSeconds: Int64

    /// All upstreams of some settings, all of them in.
    init(_ settings: ProxySettings) {
        lines = settings.to.elements.map { _ in Line() }
        balance = settings.balance
        failures = settings.failures
        pause = .milliseconds(settings.pause.milliseconds)
        checkSeconds = settings.health.every.milliseconds / 1000
    }

    /// Chooses an upstream, but none of a set of bits, and counts the request to it.
    ///
    /// One that comes back from a pause gets a single request, which decides: until it is answered, or another pause is over,
    /// there is none for it.
    mutating func choose(without tried: UInt64, now: NIODeadline) -> Choice {
        var best: Int?
        var isAnyIn = false
        for offset in lines.indices {
            let index = (next + offset) % lines.count
            guard lines[index].isWell, !isPaused(index, now) else { continue }
            isAnyIn = true
            guard tried & 1 << UInt64(index) == 0 else { continue }
            if let found = best, balance == .roundRobin || lines[found].active <= lines[index].active { continue }
            best = index
        }
        guard let best else { return isAnyIn || tried != 0 ? .exhausted : .allOut(retrySeconds: retrySeconds(now)) }
        next = (best + 1) % lines.count
        if lines[best].pausedUntil != nil { lines[best].pausedUntil = now + pause }
        lines[best].active += 1
        return .upstream(best)
    }

    /// A single upstream is never out for its failures: without it there is nobody who could answer better.
    private func isPaused(_ index: Int, _ now: NIODeadline) -> Bool {
        guard lines.count > 1, let end = lines[index].pausedUntil else { return false }
        return now < end
    }

    private func retrySeconds(_ now: NIODeadline) -> Int64 {
        let times = lines.filter(\.isWell).compactMap { $0.pausedUntil.map { ($0 - now).nanoseconds } }
        guard let least = times.min() else { return max(1, checkSeconds) }
        return max(1, (least + 999_999_999) / 1_000_000_000)
    }

    /// A request to an upstream is over, however it went.
    mutating func ended(_ index: Int) { lines[index].active -= 1 }

    /// An upstream has begun to answer.
    mutating func succeeded(_ index: Int) -> Change? {
        lines[index].failures = 0
        guard lines[index].pausedUntil != nil else { return nil }
        lines[index].pausedUntil = nil
        return .back
    }

    /// An upstream has not answered, or not to the end.
    mutating func failed(_ index: Int, now: NIODeadline) -> Change? {
        lines[index].failures = min(lines[index].failures + 1, failures)
        guard lines[index].failures >= failures else { return nil }
        let wasIn = lines[index].pausedUntil == nil
        lines[index].pausedUntil = now + pause
        return wasIn ? .out : nil
    }

    /// An upstream was asked whether it is well.
    mutating func checked(_ index: Int, isWell: Bool) -> Change? {
        guard lines[index].isWell != isWell else { return nil }
        lines[index].isWell = isWell
        return isWell ? .back : .out
    }

    /// How many requests are under way to an upstream.
    func active(_ index: Int) -> Int { lines[index].active }
}
