import NIOCore
import TapProcess
import Taproom

/// Decides what is done with a program: when it is started again, ended, or left alone.
///
/// It is told what happened and when, and answers what to do.
struct ProgramCourse: Sendable {
    /// What the settings say.
    struct Rules: Equatable, Sendable {
        var rerun = ProcmonSettings.Rerun.always
        var expected: Set<CInt> = [0]
        var threshold = TimeAmount.seconds(1)
        var minimumDelay = TimeAmount.seconds(1)
        var maximumDelay = TimeAmount.seconds(3600)
        var failures = 3
    }

    /// What is to be done.
    enum Action: Equatable, Sendable {
        /// Nothing.
        case none
        /// Start the program when so much time has passed.
        case start(after: TimeAmount)
        /// Have the program end, which will be told.
        case end
        /// The service has done what it was for.
        case finish
        /// The service has failed with the program.
        case fail
    }

    private enum Phase: Equatable {
        case waiting
        case running(since: NIODeadline)
        /// It was asked to end, because it was not well.
        case renewing(since: NIODeadline)
        /// It was asked to end, and is not started again.
        case stopping(since: NIODeadline)
        case over
    }

    var rules: Rules {
        didSet { delay = min(max(delay, rules.minimumDelay), rules.maximumDelay) }
    }
    private var phase = Phase.waiting
    /// How long the restart after the next short life waits.
    private var delay: TimeAmount
    private var failuresInARow = 0

    init(_ rules: Rules) {
        self.rules = rules
        delay = rules.minimumDelay
    }

    /// Whether the program is there, and nobody has asked it to end.
    var isRunning: Bool { if case .running = phase { true } else { false } }

    /// Why the program was asked to end; nil: it was not.
    var reason: String? {
        switch phase {
        case .renewing: "not well"
        case .stopping: "stopped"
        case .waiting, .running, .over: nil
        }
    }

    /// Whether an end is a failure.
    func isFailure(_ ending: ChildEnding) -> Bool {
        guard case .exited(let status) = ending else { return true }
        return !rules.expected.contains(status)
    }

    /// How long the program lives at a moment.
    func life(at now: NIODeadline) -> TimeAmount {
        switch phase {
        case .running(let since), .renewing(let since), .stopping(let since): now - since
        case .waiting, .over: .zero
        }
    }

    /// The program is being started.
    ///
    /// Answers false when it must not be any more.
    mutating func begin(at now: NIODeadline) -> Bool {
        guard phase == .waiting else { return false }
        phase = .running(since: now)
        failuresInARow = 0
        return true
    }

    /// The program has ended, or could not be started.
    mutating func ended(_ ending: ChildEnding, at now: NIODeadline) -> Action {
        let lived = life(at: now)
        switch phase {
        case .waiting, .over: return .none
        case .stopping:
            phase = .over
            return .finish
        case .running:
            let isFailure = isFailure(ending)
            guard rules.rerun == .always || rules.rerun == .onFailure && isFailure else {
                phase = .over
                return isFailure ? .fail : .finish
            }
        case .renewing: break
        }
        phase = .waiting
        return .start(after: restartDelay(lived))
    }

    private mutating func restartDelay(_ lived: TimeAmount) -> TimeAmount {
        guard lived < rules.threshold else {
            delay = rules.minimumDelay
            return .zero
        }
        defer { delay = min(delay + delay, rules.maximumDelay) }
        return delay
    }

    /// Somebody has asked the program whether it is well.
    mutating func checked(isWell: Bool) -> Action {
        guard case .running(let since) = phase else { return .none }
        failuresInARow = isWell ? 0 : failuresInARow + 1
        guard failuresInARow >= rules.failures else { return .none }
        phase = .renewing(since: since)
        return .end
    }

    /// The service stops.
    mutating func stop() -> Action {
        switch phase {
        case .waiting:
            phase = .over
            return .finish
        case .running(let since):
            phase = .stopping(since: since)
            return .end
        case .renewing(let since):
            // It is ending already.
            phase = .stopping(since: since)
            return .none
        case .stopping, .over: return .none
        }
    }
}

extension ProcmonSettings {
    /// What decides.
    var rules: ProgramCourse.Rules {
        var rules = ProgramCourse.Rules()
        rules.rerun = rerun
        rules.expected = Set(expected.elements.map(CInt.init))
        rules.threshold = threshold.amount
        rules.minimumDelay = minimumDelay.amount
        rules.maximumDelay = maximumDelay.amount
        rules.failures = health.failures
        return rules
    }
}
