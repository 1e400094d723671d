import Glibc
import Logging
import NIOCore
import NIOHTTP1
import TapProcess
import Taproom

/// A program at work for a request: its process, its pipes and its time.
///
/// Used on its event loop. It lives until the process has ended, also when the answer is over before.
final class CGIRun {
    /// How long a program that is asked to end may take.
    private static let grace = TimeAmount.seconds(2)
    /// How long a program may run on after it has closed its output before the answer is taken for complete, and how long
    /// output is waited for after its end.
    private static let afterwards = TimeAmount.seconds(1)

    let name: String
    private let loop: any EventLoop
    private let logger: Logger
    private let slots: ProgramSlots
    private let output: ProgramOutput
    /// Until the answer is over.
    private var exchange: CGIExchange?
    private var log: ProgramLog
    private var process: ChildProcess?
    private var outcome: ChildEnding?
    private var isOutputOver = false
    private var isStopping = false
    private var clock: ProgramClock?
    private var reader: PipeReader?
    private var errorReader: PipeReader?
    private var writer: PipeWriter?

    init(
        _ exchange: CGIExchange, _ output: ProgramOutput, _ script: CGIScript, _ slots: ProgramSlots,
        loop: any EventLoop, logger: Logger
    ) {
        (self.exchange, self.output, self.slots, self.loop, self.logger) = (exchange, output, slots, loop, logger)
        name = String(decoding: script.file, as: UTF8.self)
        log = ProgramLog(logger, program: name)
    }

    /// Starts the program; from then on its slot is given back when it has ended.
    ///
    /// Throws ``SystemCallError``; the slot is given back then.
    func start(_ command: ChildProgram, in folder: CInt, timeout: TimeAmount) throws(SystemCallError) {
        var pipes: [Pipe] = []
        do throws(SystemCallError) {
            guard folder >= 0 else { throw SystemCallError("open the folder of \(name)") }
            for _ in 0..<3 { pipes.append(try Pipe()) }
        } catch {
            for pipe in pipes { pipe.close() }
            close(folder)
            slots.giveBack()
            throw error
        }
        start(command, in: folder, input: pipes[0], output: pipes[1], errors: pipes[2])
        clock = ProgramClock(loop, timeout) { [weak self] in self?.timeIsUp() }
    }

    private func start(
        _ command: ChildProgram, in folder: CInt, input: Pipe, output: Pipe, errors: Pipe
    ) {
        let bound = NIOLoopBound(self, eventLoop: loop)
        let files = ChildFiles(folder: folder, [input.reading, output.writing, errors.writing])
        process = ChildProcess.start(command, files) { [slots, loop] outcome in
            slots.giveBack()
            loop.execute { bound.value.ended(outcome) }
        }
        let reader = PipeReader(received: { [self] in receive($0) }, ended: { [self] in outputEnded() })
        let errorReader = PipeReader(received: { [self] in log.take($0) }, ended: { [self] in log.end() })
        let writer = PipeWriter { [self] in writabilityChanged() }
        (self.reader, self.errorReader, self.writer) = (reader, errorReader, writer)
        output.read(on: loop, reader)
        errors.read(on: loop, errorReader)
        input.write(on: loop, writer)
    }

    // MARK: To the program

    /// Gives the program a piece of the request's body.
    func write(_ bytes: ByteBuffer) {
        clock?.touch()
        writer?.write(bytes)
        if writer?.isWritable == false { exchange?.setReading(false) }
    }

    /// The body is complete.
    func endInput() { writer?.end() }

    /// Asks for more of the body when the program can take it.
    func resumeInput() { if writer?.isWritable != false { exchange?.setReading(true) } }

    private func writabilityChanged() {
        clock?.touch()
        resumeInput()
    }

    // MARK: From the program

    /// The client takes more, or doesn't.
    func setReading(_ isReading: Bool) {
        clock?.pause(!isReading)
        reader?.isReading = isReading
    }

    private func receive(_ bytes: ByteBuffer) {
        guard let exchange else { return }
        clock?.touch()
        do throws(ProgramProblem) {
            try output.receive(bytes)
        } catch {
            return complain(error)
        }
        exchange.flush()
        if self.exchange != nil, !exchange.isWritable { setReading(false) }
    }

    private func outputEnded() {
        isOutputOver = true
        guard outcome == nil, !output.isComplete else { return conclude() }
        clock?.pause(false)
        loop.assumeIsolated().scheduleTask(in: CGIRun.afterwards) { [self] in conclude() }
    }

    private func ended(_ outcome: ChildEnding) {
        self.outcome = outcome
        switch outcome {
        case .notStarted(let failure):
            let error = failure.error(of: name)
            logger.error("a program can't be started", metadata: ["error": "\(error)", "program": "\(name)"])
            exchange?.fail(failure.code == EACCES ? .forbidden : .internalServerError)
        case .exited(let status) where status != 0 && !isStopping:
            logger.warning("a program failed", metadata: ["program": "\(name)", "status": "\(status)"])
        case .killed(let signal) where !isStopping:
            logger.warning("a program was killed", metadata: ["program": "\(name)", "signal": "\(signal)"])
        default: break
        }
        if isOutputOver { conclude() }
        // What left the group may hold the pipes for as long as it likes.
        loop.assumeIsolated().scheduleTask(in: CGIRun.afterwards) { [self] in
            log.end()
            errorReader?.close()
            errorReader = nil
            releaseWhenOver()
        }
    }

    // MARK: The end

    private func conclude() {
        guard let exchange else { return }
        if case .killed = outcome, !output.isComplete {
            exchange.fail(.badGateway)
            return
        }
        do throws(ProgramProblem) {
            try output.checkEnd()
        } catch {
            return complain(error)
        }
        self.exchange = nil
        releaseWhenOver()
        exchange.finish()
    }

    private func complain(_ problem: ProgramProblem) {
        logger.warning("a program answered wrong", metadata: ["problem": "\(problem)", "program": "\(name)"])
        exchange?.fail(problem.status)
    }

    private func timeIsUp() {
        guard let exchange else { return terminate() }
        guard outcome == nil else { return conclude() }
        logger.warning("a program was silent for too long", metadata: ["program": "\(name)"])
        exchange.fail(.gatewayTimeout)
    }

    /// Nobody waits for the answer any more.
    func stop() {
        exchange = nil
        reader?.close()
        writer?.close()
        terminate()
        releaseWhenOver()
    }

    /// Lets go of the pipes, which hold this, once neither the program nor the client has any use for them.
    private func releaseWhenOver() {
        guard exchange == nil, outcome != nil else { return }
        clock?.stop()
        reader?.close()
        writer?.close()
        (reader, writer) = (nil, nil)
    }

    private func terminate() {
        guard outcome == nil, let process, !isStopping else { return }
        isStopping = true
        process.signal(SIGTERM)
        loop.assumeIsolated().scheduleTask(in: CGIRun.grace) { process.signal(SIGKILL) }
    }
}
