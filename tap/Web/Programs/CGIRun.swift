import Glibc
import Logging
import NIOCore
import NIOHTTP1
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
    private var process: CGIProcess?
    private var outcome: CGIProcess.Outcome?
    private var isOutputOver = false
    private var isStopping = false
    private var clock: ProgramClock?
    private var reader: ProgramReader?
    private var errorReader: ProgramReader?
    private var writer: ProgramWriter?

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
    func start(_ command: CGICommand, in folder: CInt, timeout: TimeAmount) throws(SystemCallError) {
        var pipes: [ProgramPipe] = []
        do throws(SystemCallError) {
            guard folder >= 0 else { throw SystemCallError("open the folder of \(name)") }
            for _ in 0..<3 { pipes.append(try ProgramPipe()) }
        } catch {
            for pipe in pipes { pipe.close() }
            close(folder)
            slots.giveBack()
            throw error
        }
        do throws(SystemCallError) {
            try start(command, in: folder, input: pipes[0], output: pipes[1], errors: pipes[2])
        } catch {
            close(pipes[0].writing)
            close(pipes[1].reading)
            close(pipes[2].reading)
            slots.giveBack()
            throw error
        }
        clock = ProgramClock(loop, timeout) { [weak self] in self?.timeIsUp() }
    }

    private func start(
        _ command: CGICommand, in folder: CInt, input: ProgramPipe, output: ProgramPipe, errors: ProgramPipe
    ) throws(SystemCallError) {
        let bound = NIOLoopBound(self, eventLoop: loop)
        let descriptors = CGIDescriptors(
            folder: folder, input: input.reading, output: output.writing, errors: errors.writing)
        process = try CGIProcess.start(command, descriptors) { [slots, loop] outcome in
            slots.giveBack()
            loop.execute { bound.value.ended(outcome) }
        }
        let reader = ProgramReader(received: { [self] in receive($0) }, ended: { [self] in outputEnded() })
        let errorReader = ProgramReader(received: { [self] in log.take($0) }, ended: { [self] in log.end() })
        let writer = ProgramWriter { [self] in writabilityChanged() }
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

    private func ended(_ outcome: CGIProcess.Outcome) {
        self.outcome = outcome
        switch outcome {
        case .notStarted(let code):
            let error = SystemCallError("execute \(name)", code: code)
            logger.error("a program can't be started", metadata: ["error": "\(error)", "program": "\(name)"])
            exchange?.fail(code == EACCES ? .forbidden : .internalServerError)
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
