import Glibc
import Logging
import NIOCore
import NIOHTTP1
import TapProcess
import Taproom

/// One request that a program answers.
///
/// The steps: the program is found, the beginning of the body collected, a slot waited for, the program started; then bytes
/// go both ways. It is over when the program has ended, its output has been read, and its slot has been given back.
final class CGIExchange: RequestHandler {
    private enum Step {
        case collecting
        case waiting(Int)
        case running(CGIRun)
        case over
    }

    private let request: Request
    private let place: MatchedPath
    private let programs: CGIPrograms
    private let loop: any EventLoop
    private let logger: Logger
    private var input: ProgramInput
    private var step = Step.collecting
    private var script: CGIScript?
    /// Until the answer is over.
    private var stream: (any ResponseStream)?

    init(_ request: Request, _ place: MatchedPath, _ programs: CGIPrograms, loop: any EventLoop, logger: Logger) {
        (self.request, self.place, self.programs, self.loop, self.logger) = (request, place, programs, loop, logger)
        input = ProgramInput(request, limit: programs.settings.body.bytes)
    }

    // MARK: The request

    func begin(_ stream: any ResponseStream) {
        self.stream = stream
        guard let path = ProgramPath(place) else { return fail(.badRequest) }
        do throws(CGIScript.Problem) {
            script = try programs.scripts.find(path)
        } catch {
            return fail(status(of: error))
        }
        go(input.first)
    }

    private func status(of problem: CGIScript.Problem) -> HTTPResponseStatus {
        switch problem {
        case .nothing: return .notFound
        case .notExecutable(let file):
            logger.warning("a file among programs is not executable", metadata: ["program": "\(file)"])
            return .forbidden
        case .failure(let failure):
            logger.error(
                "a program can't be opened",
                metadata: ["code": "\(failure.code)", "path": "\(place.prefix)\(place.rest)"])
            return failure.code == EACCES ? .forbidden : .internalServerError
        }
    }

    private func go(_ next: ProgramInput.Step) {
        switch next {
        case .wait: return
        case .tooLong: fail(.payloadTooLarge)
        case .ready:
            if !input.isComplete { stream?.setReading(false) }
            takeSlot()
        }
    }

    func receive(_ bytes: ByteBuffer) {
        switch step {
        case .collecting: go(input.take(bytes))
        // The stream may have had more at hand when it was told to pause.
        case .waiting: if input.take(bytes) == .tooLong { fail(.payloadTooLarge) }
        case .running(let run): if input.pass(bytes) { run.write(bytes) } else { fail(.payloadTooLarge) }
        case .over: return
        }
    }

    func receiveEnd() {
        guard !input.isComplete else { return }
        input.end()
        switch step {
        case .collecting: go(.ready)
        case .running(let run): run.endInput()
        case .waiting, .over: return
        }
    }

    func writabilityChanged() {
        if case .running(let run) = step { run.setReading(stream?.isWritable ?? true) }
    }

    func cancel() {
        stream = nil
        leave()
    }

    // MARK: The program

    private func takeSlot() {
        let bound = NIOLoopBound(self, eventLoop: loop)
        let answer = programs.slots.take { [loop] in loop.execute { bound.value.takeGranted() } }
        switch answer {
        case .granted: start()
        case .waiting(let number): step = .waiting(number)
        case .refused: refuse()
        }
    }

    private func takeGranted() {
        if case .waiting = step { start() } else { programs.slots.giveBack() }
    }

    private func refuse() {
        step = .over
        let head = ResponseHead(.serviceUnavailable).with("Retry-After", "5")
        let response = Response.failure(.serviceUnavailable, head: head, isHead: request.isHead)
        guard let stream else { return }
        self.stream = nil
        stream.send(response.head)
        for case .bytes(let bytes) in response.body { stream.send(bytes) }
        stream.finish()
    }

    private func start() {
        guard let script, let stream else {
            programs.slots.giveBack()
            return
        }
        let run = CGIRun(self, ProgramOutput(stream, request), script, programs.slots, loop: loop, logger: logger)
        step = .running(run)
        do throws(SystemCallError) {
            try run.start(
                command(script), in: script.openFolder(), timeout: .milliseconds(programs.settings.timeout.milliseconds)
            )
        } catch {
            logger.error("a program can't be started", metadata: ["error": "\(error)", "program": "\(run.name)"])
            return fail(.serviceUnavailable)
        }
        run.write(input.release())
        if input.isComplete { run.endInput() } else { run.resumeInput() }
    }

    private func command(_ script: CGIScript) -> ChildProgram {
        let settings = programs.settings
        var variables = ProgramVariables(
            request, query: place.query, path: script.path, root: programs.scripts.root, bodyBytes: input.length,
            showsAuthorization: settings.authorization)
        variables.set("REQUEST_URI", ProgramVariables.target(request, place))
        variables.set("SCRIPT_FILENAME", script.file)
        // php-cgi runs nothing without it.
        if script.interpreter != nil { variables.set("REDIRECT_STATUS", "200") }
        for (name, value) in ProgramEnvironment().values { variables.set(name, value) }
        variables.set(settings.environment)
        var program = ChildProgram(
            path: script.interpreter ?? script.file,
            // A query never becomes an argument, though RFC 3875, 4.4, would allow it: some programs take it for an option.
            arguments: (script.interpreter.map { [$0] } ?? []) + [script.file], environment: variables.lines)
        program.limits.memory = settings.memory.map { UInt64($0.bytes) }
        program.limits.processor = settings.processor.map { UInt64(max(0, $0.milliseconds) + 999) / 1000 }
        program.limits.core = 0
        program.orphanSignal = SIGTERM
        return program
    }

    // MARK: The end

    /// The program takes more of the body, or doesn't.
    func setReading(_ isReading: Bool) { stream?.setReading(isReading) }

    /// Whether the client takes what is sent.
    var isWritable: Bool { stream?.isWritable ?? true }

    func flush() { stream?.flush() }

    /// The answer is complete.
    func finish() {
        guard let stream else { return }
        self.stream = nil
        step = .over
        stream.finish()
    }

    /// The program did what it must not do, or nothing.
    func fail(_ status: HTTPResponseStatus) {
        guard let stream else { return }
        self.stream = nil
        leave()
        stream.fail(status)
    }

    private func leave() {
        defer { step = .over }
        switch step {
        case .running(let run): run.stop()
        case .waiting(let number):
            // A slot that is on its way is given back when it comes.
            if programs.slots.withdraw(number) { return }
        case .collecting, .over: return
        }
    }
}
