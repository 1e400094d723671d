import Logging
import NIOCore
import Synchronization
import TapNetwork
import Taproom

/// Targets that take the place of each other, for all event loops: who is in, and who gets the next connection.
final class TargetGroup: Sendable {
    /// The targets in their order.
    let list: [ForwardTarget]
    private let records: [TargetRecord]
    private let logger: Logger
    private let board: Mutex<TargetBoard>

    init(_ targets: [ForwardTarget], _ settings: PortforwardSettings, _ records: ForwardRecords, _ logger: Logger) {
        (list, self.logger) = (targets, logger)
        self.records = targets.map(records.record)
        for record in self.records { record.changed(isUp: true) }
        board = Mutex(TargetBoard(count: targets.count, settings.boardBalance, settings.boardRules))
    }

    /// Chooses a target that is not one of a set of bits; ``ended(_:)`` has to be called for it once.
    func choose(without tried: UInt64) -> Int? {
        let now = NIODeadline.now()
        guard case .target(let index) = board.withLock({ $0.choose(without: tried, now: now) }) else { return nil }
        return index
    }

    /// What is remembered of a target.
    func record(_ index: Int) -> TargetRecord { records[index] }

    /// A connection is over, or could not be made.
    func ended(_ index: Int) { board.withLock { $0.ended(index) } }

    /// A connection to a target was made.
    func succeeded(_ index: Int) {
        if let change = board.withLock({ $0.succeeded(index) }) { tell(change, index, "a connection was made") }
    }

    /// A connection could not be made.
    func failed(_ index: Int, _ reason: String) {
        records[index].failed()
        logger.debug("target failed", metadata: ["target": "\(list[index])", "reason": "\(reason)"])
        let now = NIODeadline.now()
        if let change = board.withLock({ $0.failed(index, now: now) }) { tell(change, index, reason) }
    }

    /// A target was tried.
    func checked(_ index: Int, isWell: Bool, _ reason: String) {
        if let change = board.withLock({ $0.checked(index, isWell: isWell) }) { tell(change, index, reason) }
    }

    /// How many connections a target has.
    func active(_ index: Int) -> Int { board.withLock { $0.active(index) } }

    /// Whether a target gets connections.
    func isIn(_ index: Int) -> Bool {
        let now = NIODeadline.now()
        return board.withLock { $0.isIn(index, now: now) }
    }

    private func tell(_ change: TargetBoard.Change, _ index: Int, _ reason: String) {
        records[index].changed(isUp: change == .back)
        let text: Logger.Message = change == .out ? "target is out" : "target is back"
        logger.warning(text, metadata: ["target": "\(list[index])", "reason": "\(reason)"])
    }
}

extension PortforwardSettings {
    fileprivate var boardBalance: TargetBoard.Balance {
        switch balance {
        case .roundRobin: .roundRobin
        case .leastConnections: .leastConnections
        case .first: .first
        }
    }

    fileprivate var boardRules: TargetBoard.Rules {
        var rules = TargetBoard.Rules()
        rules.failures = failures
        rules.pause = .milliseconds(pause.milliseconds)
        (rules.rise, rules.fall) = (health.rise, health.fall)
        return rules
    }
}
