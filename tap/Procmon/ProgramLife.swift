import Logging
import NIOCore
import TapProcess
import Taproom

/// Runs a program again and again, as its course says.
///
/// Used on its event loop.
final class ProgramLife {
    private let loop: any EventLoop
    private let logger: Logger
    private let program: PreparedProgram
    private let history: StoredCell<ProgramHistory, EverySecond>
    private let figures: ProgramFigures
    private var settings: ProcmonSettings
    private var course: ProgramCourse
    private var run: ProgramRun?
    private var health: HealthCheck?
    private var waiting: Scheduled<Void>?
    private var hasStarted = false
    /// Who waits for the end.
    private var over: EventLoopPromise<Void>?
    private var result: Result<Void, ProcmonError>?

    init(
        _ settings: ProcmonSettings, _ program: PreparedProgram, _ history: StoredCell<ProgramHistory, EverySecond>,
        _ figures: ProgramFigures, _ logger: Logger, on loop: any EventLoop
    ) {
        (self.settings, self.program, self.history, self.figures) = (settings, program, history, figures)
        (self.logger, self.loop) = (logger, loop)
        course = ProgramCourse(settings.rules)
    }

    /// Runs the program until it is not to be started again, or is stopped; keeps the promise then.
    func run(_ over: EventLoopPromise<Void>) {
        if let result { return over.completeWith(result.mapError { $0 as any Error }) }
        self.over = over
        start()
    }

    private func start() {
        waiting = nil
        guard course.begin(at: loop.now) else { return }
        let run = ProgramRun(logger, settings.output.limits, figures, on: loop)
        self.run = run
        let isAgain = hasStarted
        hasStarted = true
        history.update { history in
            history.starts += 1
            if isAgain { history.restarts += 1 }
        }
        do throws(SystemCallError) {
            try run.start(program, started: { [weak self] in self?.started($0) }, ended: { [self] in ended($0) })
        } catch {
            logger.error("a program can't be started", metadata: ["error": "\(error)"])
            ended(.notStarted(ChildStartFailure(step: .files, code: error.code)))
        }
    }

    private func started(_ process: Int32) {
        figures.noteStart()
        logger.notice(
            "program started", metadata: ["process": "\(process)", "program": "\(program.program.name)"])
        guard let health = program.health, course.isRunning else { return }
        self.health = HealthCheck(health, in: program.folder, settings.health, on: loop) { [weak self] isWell in
            self?.checked(isWell)
        }
    }

    private func checked(_ isWell: Bool) {
        if !isWell { logger.warning("a program is not well", metadata: ["program": "\(program.program.name)"]) }
        let action = course.checked(isWell: isWell)
        if action == .end { figures.noteUnwell() }
        follow(action, nil)
    }

    private func ended(_ ending: ChildEnding) {
        let now = loop.now
        let (lived, reason) = (course.life(at: now), course.reason)
        health?.stop()
        (health, run) = (nil, nil)
        let isFailure = reason == nil && course.isFailure(ending)
        figures.noteEnd(isFailure: isFailure)
        let entry = ProgramHistory.Ending(
            ending, of: program.program.name, livedMilliseconds: lived.nanoseconds / 1_000_000, reason: reason)
        history.update { $0.add(entry, isFailure: isFailure) }
        let action = course.ended(ending, at: now)
        log(ending, entry, action, isFailure)
        follow(action, ending)
    }

    private func log(
        _ ending: ChildEnding, _ entry: ProgramHistory.Ending, _ action: ProgramCourse.Action, _ isFailure: Bool
    ) {
        var metadata: Logger.Metadata = [
            "ending": "\(ending.text)", "lived": "\(entry.livedMilliseconds)ms", "program": "\(program.program.name)",
        ]
        if case .start(let delay) = action { metadata["restart-in"] = "\(delay.nanoseconds / 1_000_000)ms" }
        if let reason = entry.reason { metadata["reason"] = "\(reason)" }
        logger.log(level: isFailure ? .error : .notice, "program ended", metadata: metadata)
    }

    private func follow(_ action: ProgramCourse.Action, _ ending: ChildEnding?) {
        switch action {
        case .none: return
        case .start(let delay):
            waiting = loop.assumeIsolated().scheduleTask(in: delay) { [weak self] in self?.start() }
        case .end:
            health?.stop()
            run?.stop(SignalName.number(settings.stopSignal), within: settings.killtime.amount)
        case .finish: finish(nil)
        case .fail:
            finish(ProcmonError.failed(program: program.program.name, ending: ending?.text ?? "has failed"))
        }
    }

    private func finish(_ error: ProcmonError?) {
        waiting?.cancel()
        let result: Result<Void, ProcmonError> = error.map { .failure($0) } ?? .success(())
        self.result = result
        over?.completeWith(result.mapError { $0 as any Error })
        over = nil
    }

    /// Has the program end, and ends with it.
    func stop() { follow(course.stop(), nil) }

    /// Has the program end at once.
    func kill() {
        follow(course.stop(), nil)
        run?.kill()
    }

    /// Goes on with other settings, of which the program itself knows nothing.
    func change(_ settings: ProcmonSettings) {
        self.settings = settings
        course.rules = settings.rules
        health?.change(settings.health)
    }
}
