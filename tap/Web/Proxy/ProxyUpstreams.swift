import Logging
import NIOCore
import Synchronization
import TapNetwork
import Taproom

/// The upstreams of a route, for all event loops: who is in, and who gets the next request.
final class ProxyUpstreams: Sendable {
    private struct Contents {
        var board: TargetBoard
        var hasChecks = false
        var isRetired = false
        var checks: NIOLoopBound<HealthChecks>?
    }

    let settings: ProxySettings
    /// The upstreams in their order; at least one.
    let list: [Upstream]
    let heads: UpstreamRequestHead
    let security: UpstreamSecurity?
    let logger: Logger
    /// What watchers see; nil: nobody watches.
    let figures: UpstreamFigures?
    private let now: @Sendable () -> NIODeadline
    private let contents: Mutex<Contents>

    /// Prepares settings that have no problems; nothing is connected yet.
    ///
    /// `now` tells the time for pauses. Throws ``ProxyError`` when the certificates to trust can't be read.
    init(
        _ settings: ProxySettings, logger: Logger, figures: UpstreamFigures? = nil,
        now: @escaping @Sendable () -> NIODeadline = { .now() }
    ) throws(ProxyError) {
        self.settings = settings
        self.logger = logger
        self.figures = figures
        self.now = now
        list = settings.to.elements
        heads = UpstreamRequestHead(settings)
        security = list.contains(where: \.isSecure) ? try UpstreamSecurity(settings) : nil
        contents = Mutex(Contents(board: TargetBoard(count: settings.to.elements.count, settings.boardBalance, settings.boardRules)))
    }

    /// Whether connections serve more than one request.
    var keepsAlive: Bool { settings.keepAlive > 0 && settings.proxyProtocol == .none }

    // MARK: Who gets a request

    /// Chooses an upstream that is not one of a set of bits; ``ended(_:)`` has to be called for it once.
    func choose(without tried: UInt64) -> TargetBoard.Choice {
        let now = now()
        let choice = contents.withLock { $0.board.choose(without: tried, now: now) }
        if case .target(let index) = choice { figures?.chosen(index) }
        return choice
    }

    /// A request is over.
    func ended(_ index: Int) { contents.withLock { $0.board.ended(index) } }

    /// An upstream has begun to answer.
    func succeeded(_ index: Int) {
        if let change = contents.withLock({ $0.board.succeeded(index) }) { log(change, index, "it answers again") }
    }

    /// An upstream has failed.
    func failed(_ index: Int, _ failure: UpstreamFailure) {
        logger.debug(
            "upstream failed", metadata: ["upstream": "\(list[index])", "reason": "\(failure.reason)"])
        figures?.failed(index)
        let now = now()
        if let change = contents.withLock({ $0.board.failed(index, now: now) }) { log(change, index, failure.reason) }
    }

    /// An upstream was asked whether it is well.
    func checked(_ index: Int, isWell: Bool, _ reason: String) {
        if let change = contents.withLock({ $0.board.checked(index, isWell: isWell) }) { log(change, index, reason) }
    }

    /// How many requests are under way to an upstream.
    func active(_ index: Int) -> Int { contents.withLock { $0.board.active(index) } }

    private func log(_ change: TargetBoard.Change, _ index: Int, _ reason: String) {
        figures?.changed(index, change)
        let text: Logger.Message = change == .out ? "upstream fails" : "upstream is back"
        logger.warning(text, metadata: ["upstream": "\(list[index])", "reason": "\(reason)"])
    }

    // MARK: Checks

    /// Asks the upstreams from now on whether they are well, where the settings say so and nobody does yet.
    ///
    /// Called on the event loop, where they are asked.
    func startChecks(on loop: any EventLoop) {
        guard settings.health.path != nil else { return }
        let isFirst = contents.withLock { contents in
            defer { contents.hasChecks = true }
            return !contents.hasChecks && !contents.isRetired
        }
        guard isFirst else { return }
        let checks = HealthChecks(self, loop: loop)
        contents.withLock { $0.checks = NIOLoopBound(checks, eventLoop: loop) }
        checks.start()
    }

    /// Asks no more.
    func retire() {
        let checks = contents.withLock { contents in
            defer { contents.checks = nil }
            contents.isRetired = true
            return contents.checks
        }
        checks?.eventLoop.execute { checks?.value.stop() }
    }
}

extension ProxySettings {
    /// Which upstream is next.
    var boardBalance: TargetBoard.Balance { balance == .roundRobin ? .roundRobin : .leastConnections }

    /// When upstreams are out.
    var boardRules: TargetBoard.Rules {
        var rules = TargetBoard.Rules()
        rules.failures = failures
        rules.pause = .milliseconds(pause.milliseconds)
        rules.checkSeconds = health.every.milliseconds / 1000
        return rules
    }
}
