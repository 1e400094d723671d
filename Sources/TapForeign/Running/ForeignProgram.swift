import Glibc
import Logging
import NIOCore
import NIOPosix
import Synchronization
import TapData
import TapProcess
import Taproom

/// The program of a foreign service while it runs.
final class ForeignProgram: Sendable {
    /// How long what a program has said is waited for after its end: a process that it left behind may still talk.
    private static let lastWords = TimeAmount.seconds(5)
    private static let outputLimits = OutputLog.Limits(lines: 1000, lineBytes: 8192)

    private let manifest: Manifest
    private let logger: Logger
    private let state: ForeignState
    private let figures: ForeignFigures
    private let control: ControlLine?
    private let life = Mutex(ProgramLife())
    private let process = Mutex<ChildProcess?>(nil)

    /// Starts a program, which is not ready yet.
    ///
    /// Throws when it can't be given what it needs.
    static func start(
        _ manifest: Manifest, _ stored: DatumObject, _ context: ServiceContext
    ) async throws -> ForeignProgram {
        let full = manifest.settings.full(stored)
        let resolved = try manifest.settings.resolved(full, context.logger)
        let state = try await ForeignState(manifest.state, context)
        let cells = try await state.cells()
        let keys = manifest.settings.endpoints(stored).map(\.key)
        let files = try ForeignFiles(
            context.listeners, talks: manifest.speech == .taproom, isBlocking: manifest.isBlocking)
        let control: ControlLine?
        do {
            control = if let descriptor = files.control { try await ControlLine.open(descriptor) } else { nil }
        } catch {
            files.closeOwn()
            files.given.close()
            throw error
        }
        let program = ForeignProgram(manifest, state, control, context)
        let command = manifest.command(service: context.name, sockets: keys, stored: full, resolved: resolved)
        program.run(command, files)
        if let control {
            let listeners = zip(keys, context.listeners).enumerated().map { index, listener in
                (listener.0, listener.1.endpoint.description, ForeignFiles.firstSocket + index)
            }
            let hello = RunnerMessage.Hello(
                service: context.name, kind: manifest.word, settings: resolved, listeners: listeners,
                cells: cells)
            control.say(.hello(hello))
        }
        return program
    }

    private init(_ manifest: Manifest, _ state: ForeignState, _ control: ControlLine?, _ context: ServiceContext) {
        (self.manifest, self.state, self.control) = (manifest, state, control)
        logger = context.logger
        figures = ForeignFigures(kind: manifest.word, service: context.name)
    }

    private func run(_ command: ChildProgram, _ files: ForeignFiles) {
        log(files.output, "stdout", .info)
        // What a program has to say before it fails should be seen.
        log(files.errors, "stderr", .notice)
        var command = command
        // Its sockets must be free when this process is started again, however it ended.
        command.orphanSignal = SIGKILL
        let child = ChildProcess.start(command, files.given) { [self] _ in
            if control == nil { becameReady() }
        } whenOver: { [self] ending in
            hasEnded(ending)
        }
        process.withLock { $0 = child }
        guard let control else {
            life.withLock { _ = $0.talkEnded() }
            return
        }
        Task { [self] in
            do throws(BadMessage) {
                while let lines = try await control.lines() { try await take(lines, control) }
            } catch {
                fail(.brokeProtocol(program: manifest.program, problem: error.description))
            }
            talkEnded()
        }
    }

    private func log(_ pipe: Pipe, _ stream: String, _ level: Logger.Level) {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        var logger = logger
        logger[metadataKey: "stream"] = "\(stream)"
        loop.execute { [logger] in
            var log = OutputLog(logger, level, "output", ForeignProgram.outputLimits)
            let reader = PipeReader {
                log.take($0, at: .now())
            } ended: {
                log.end(at: .now())
            }
            pipe.read(on: loop, reader)
        }
    }

    /// The process, and all that it has started.
    private func signal(_ number: CInt) { process.withLock { $0 }?.signal(number) }
}

// How it begins and ends.
extension ForeignProgram {
    /// Waits until the program is ready, for as long as its manifest says.
    ///
    /// Throws ``ForeignFailure``; the program is ended then.
    func becomesReady() async throws {
        let limit = manifest.startLimit
        let timer = Task { [self] in
            try await Task.sleep(for: .milliseconds(limit.milliseconds))
            fail(.notReady(program: manifest.program, limit: "\(limit)"))
        }
        defer { timer.cancel() }
        do {
            try await withCheckedThrowingContinuation { (waiter: ProgramLife.Waiter) in
                let (isWaiting, isReady) = life.withLock { ($0.waitForReady(waiter), $0.isReady) }
                guard !isWaiting else { return }
                if isReady { waiter.resume() } else { waiter.resume(throwing: earlyEnd) }
            }
        } catch {
            kill()
            throw error
        }
    }

    private func becameReady() { life.withLock { $0.becameReady() }?.resume() }

    /// Why it is not ready.
    private var earlyEnd: ForeignFailure {
        life.withLock { $0.failure } ?? failure ?? .endedEarly(program: manifest.program)
    }

    private func fail(_ failure: ForeignFailure) {
        life.withLock { $0.failed(failure) }
        kill()
    }

    private func hasEnded(_ ending: ChildEnding) {
        let waiters = life.withLock { $0.ended(ending) }
        for waiter in waiters { waiter.resume(throwing: earlyEnd) }
        if let control {
            MultiThreadedEventLoopGroup.singleton.next().scheduleTask(in: ForeignProgram.lastWords) { control.close() }
        }
        tellEnd()
    }

    private func talkEnded() {
        let waiters = life.withLock { $0.talkEnded() }
        for waiter in waiters { waiter.resume(throwing: earlyEnd) }
        tellEnd()
    }

    private func tellEnd() {
        guard let waiter = life.withLock({ $0.waiterForEnd() }) else { return }
        waiter.resume()
    }

    /// Waits for its end, and until all is stored that it wanted to be.
    func ended() async {
        await withCheckedContinuation { waiter in
            if !life.withLock({ $0.waitForEnd(waiter) }) { waiter.resume() }
        }
        figures.destroy()
    }

    /// Why it came to its end, when that was a failure.
    var failure: ForeignFailure? {
        let life = life.withLock { ($0.failure, $0.ending, $0.isStopping) }
        if let failure = life.0 { return failure }
        switch life.1 {
        case .notStarted(let failure)?: return .notStarted(program: manifest.program, failure)
        case .exited(let status)? where status != 0: return .exited(program: manifest.program, status: status)
        case .killed(let signal)? where !life.2: return .killed(program: manifest.program, signal: signal)
        default: return nil
        }
    }

    /// Asks it to finish what it is doing and to end.
    func stop() {
        let canTalk = life.withLock { life in
            life.isStopping = true
            return !life.hasTalkEnded
        }
        if canTalk, let control { control.say(.stop) } else { signal(SIGTERM) }
    }

    /// Ends it at once.
    func kill() { signal(SIGKILL) }
}

// What it says.
extension ForeignProgram {
    private func take(_ lines: [String], _ control: ControlLine) async throws(BadMessage) {
        var changes: [(id: Datum, changes: [StateChange])] = []
        for line in lines {
            let message: ProgramMessage
            do throws(BadMessage) {
                message = try ProgramMessage(line: line)
            } catch {
                guard let id = error.id else { throw error }
                await make(&changes, control)
                control.say(.refusal(id: id, StateRefusal(error.description)))
                continue
            }
            if case .change(let id, let change) = message {
                changes.append((id, change))
            } else {
                await make(&changes, control)
                try await take(message, control)
            }
        }
        await make(&changes, control)
    }

    private func take(_ message: ProgramMessage, _ control: ControlLine) async throws(BadMessage) {
        switch message {
        case .ready: becameReady()
        case .log(let level, let text, let fields):
            logger.log(level: level, "\(text)", metadata: fields.mapValues { .string($0) })
        case .figure(let name, let labels, let figure):
            if let problem = figures.note(name, labels, figure) { throw BadMessage(problem) }
        case .read(let id, let name, let key):
            await answer(id, control) { [("value", try await state.read(name, key))] }
        case .rows(let id, let name, let stretch):
            await answer(id, control) {
                let (rows, isMore) = try await state.rows(name, stretch)
                return [("rows", .array(rows)), ("more", .bool(isMore))]
            }
        case .change: break
        case .answer(let id, let refusal):
            let waiter = life.withLock { $0.answered(id) }
            if let refusal { waiter?.resume(throwing: ForeignFailure.refused(refusal)) } else { waiter?.resume() }
        }
    }

    private func answer(
        _ id: Datum, _ control: ControlLine, _ members: () async throws -> [(key: String, value: Datum)]
    ) async {
        do {
            control.say(.result(id: id, try await members()))
        } catch {
            control.say(.refusal(id: id, error as? StateRefusal ?? StateRefusal("it can't be read: \(error)")))
        }
    }

    /// Makes changes that wait, and answers them when they are where their durability says.
    private func make(_ waiting: inout [(id: Datum, changes: [StateChange])], _ control: ControlLine) async {
        guard !waiting.isEmpty else { return }
        let requests = waiting
        waiting = []
        do {
            let results = try await state.make(requests.map(\.changes))
            control.say(
                zip(requests, results).map { request, result in
                    switch result {
                    case .success(let values): .result(id: request.id, [("values", .array(values))])
                    case .failure(let refusal): .refusal(id: request.id, refusal)
                    }
                })
        } catch {
            logger.error("a change of state can't be stored", metadata: ["error": "\(error)"])
            control.say(requests.map { .refusal(id: $0.id, StateRefusal("it can't be stored: \(error)")) })
        }
    }
}

// What it is asked.
extension ForeignProgram {
    /// Asks whether it can take other settings, and answers what makes them count.
    ///
    /// Throws ``ForeignFailure`` when it can't.
    func reconfiguration(to stored: DatumObject) async throws -> @Sendable () -> Void {
        guard let control else { throw ForeignFailure.notAnswering(program: manifest.program) }
        let settings = try manifest.settings.resolved(manifest.settings.full(stored), logger)
        let question = life.withLock { $0.question() }
        let limit = manifest.startLimit
        let timer = Task { [self] in
            try await Task.sleep(for: .milliseconds(limit.milliseconds))
            let waiter = life.withLock { $0.answered(question) }
            waiter?.resume(throwing: ForeignFailure.refused("it did not answer within \(limit)"))
        }
        defer { timer.cancel() }
        try await withCheckedThrowingContinuation { (waiter: ProgramLife.Waiter) in
            guard life.withLock({ $0.wait(for: question, waiter) }) else {
                return waiter.resume(throwing: ForeignFailure.notAnswering(program: manifest.program))
            }
            control.say(.reconfigure(id: question, settings: settings))
        }
        let prepared = PreparedSettings(question, control)
        return { prepared.commit() }
    }
}

/// Settings that a program has said it can take: they count when they are committed, and are forgotten otherwise.
private final class PreparedSettings: Sendable {
    private let question: Int64
    private let control: ControlLine
    private let isCommitted = Mutex(false)

    init(_ question: Int64, _ control: ControlLine) { (self.question, self.control) = (question, control) }

    func commit() {
        isCommitted.withLock { $0 = true }
        control.say(.commit(id: question))
    }

    deinit { if !isCommitted.withLock({ $0 }) { control.say(.forget(id: question)) } }
}
