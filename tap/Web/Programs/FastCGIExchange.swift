import Glibc
import Logging
import NIOCore
import NIOHTTP1
import Taproom

/// One request that a FastCGI server answers.
final class FastCGIExchange: RequestHandler {
    private enum Step {
        case collecting
        case connecting
        case running(FastCGIConnection)
        case over
    }

    private let request: Request
    private let place: MatchedPath
    private let settings: FastCGISettings
    private let scripts: FastCGIScripts
    private let servers: FastCGIServers
    private let loop: any EventLoop
    private let logger: Logger
    private var input: ProgramInput
    private var output: ProgramOutput?
    private var log: ProgramLog
    private var script: FastCGIScript?
    private var step = Step.collecting
    private var clock: ProgramClock?
    /// The servers that can still be asked.
    private var rest: ArraySlice<Int> = []
    /// Until the answer is over.
    private var stream: (any ResponseStream)?

    init(
        _ request: Request, _ place: MatchedPath, _ settings: FastCGISettings, _ scripts: FastCGIScripts,
        _ servers: FastCGIServers, loop: any EventLoop, logger: Logger
    ) {
        (self.request, self.place, self.settings, self.scripts) = (request, place, settings, scripts)
        (self.servers, self.loop, self.logger) = (servers, loop, logger)
        input = ProgramInput(request, limit: settings.body.bytes)
        log = ProgramLog(logger, program: "\(place.prefix)\(place.rest)")
    }

    // MARK: The request

    func begin(_ stream: any ResponseStream) {
        self.stream = stream
        guard let path = ProgramPath(place) else { return fail(.badRequest) }
        switch scripts.find(path) {
        case .script(let script):
            self.script = script
            output = ProgramOutput(stream, request)
            if let file = script.file { log = ProgramLog(logger, program: String(decoding: file, as: UTF8.self)) }
            go(input.first)
        case .folderWithoutSlash: redirect(to: "\(place.prefix)\(place.rest)/\(place.query)")
        case .nothing: fail(.notFound)
        case .failure(let failure):
            logger.error(
                "a script can't be opened",
                metadata: ["code": "\(failure.code)", "path": "\(place.prefix)\(place.rest)"])
            fail(failure.code == EACCES ? .forbidden : .internalServerError)
        }
    }

    private func redirect(to location: String) {
        let head = ResponseHead(.movedPermanently).with("Location", location)
        send(.failure(.movedPermanently, head: head, isHead: request.isHead))
    }

    private func send(_ response: Response) {
        step = .over
        guard let stream else { return }
        self.stream = nil
        stream.send(response.head)
        for case .bytes(let bytes) in response.body { stream.send(bytes) }
        stream.finish()
    }

    private func go(_ next: ProgramInput.Step) {
        switch next {
        case .wait: return
        case .tooLong: fail(.payloadTooLarge)
        case .ready where input.isUnknown: fail(.lengthRequired)
        case .ready:
            if !input.isComplete { stream?.setReading(false) }
            step = .connecting
            rest = servers.order()[...]
            connect()
        }
    }

    func receive(_ bytes: ByteBuffer) {
        switch step {
        case .collecting: go(input.take(bytes))
        // The stream may have had more at hand when it was told to pause.
        case .connecting: if input.take(bytes) == .tooLong { fail(.payloadTooLarge) }
        case .running(let connection):
            guard input.pass(bytes) else { return fail(.payloadTooLarge) }
            write(bytes, to: connection)
        case .over: return
        }
    }

    func receiveEnd() {
        guard !input.isComplete else { return }
        input.end()
        switch step {
        case .collecting: go(.ready)
        case .running(let connection): connection.endInput()
        case .connecting, .over: return
        }
    }

    private func write(_ bytes: ByteBuffer, to connection: FastCGIConnection) {
        clock?.touch()
        connection.write(bytes)
        if !connection.isWritable { stream?.setReading(false) }
    }

    func writabilityChanged() {
        guard case .running(let connection) = step, let stream else { return }
        setReading(stream.isWritable, connection)
    }

    private func setReading(_ isReading: Bool, _ connection: FastCGIConnection) {
        clock?.pause(!isReading)
        connection.isReading = isReading
    }

    func cancel() {
        stream = nil
        leave()
    }

    // MARK: The server

    /// Requests that may be sent again when a kept connection turns out to be closed.
    private var isRepeatable: Bool {
        [.GET, .HEAD, .OPTIONS].contains(request.method) && input.isComplete && input.collected.readableBytes == 0
    }

    private func connect(reusing: Bool = true) {
        guard let number = rest.first else { return fail(.badGateway) }
        if reusing, isRepeatable, let connection = servers.takeIdle(number) { return run(connection) }
        servers.connect(number) { [self] result in
            switch (result, step) {
            case (.success(let connection), .connecting): run(connection)
            case (.success(let connection), _): connection.close()
            case (.failure(let error), .connecting):
                rest = rest.dropFirst()
                if rest.isEmpty { fail(status(of: error)) } else { connect() }
            case (.failure, _): return
            }
        }
    }

    private func status(of error: any Error) -> HTTPResponseStatus {
        switch error {
        case ChannelError.connectTimeout: .gatewayTimeout
        case let error as IOError where error.errnoCode == EAGAIN: .serviceUnavailable
        default: .badGateway
        }
    }

    private func run(_ connection: FastCGIConnection) {
        guard let script else { return connection.close() }
        step = .running(connection)
        clock = ProgramClock(loop, .milliseconds(settings.answer.milliseconds)) { [weak self] in self?.timeIsUp() }
        connection.begin(self, parameters(script), isKept: servers.keepsConnections)
        connection.write(input.release())
        if input.isComplete { connection.endInput() } else if connection.isWritable { stream?.setReading(true) }
    }

    private func parameters(_ script: FastCGIScript) -> ByteBuffer {
        var variables = ProgramVariables(
            request, query: place.query, path: script.path, root: scripts.root, bodyBytes: input.length,
            showsAuthorization: settings.authorization)
        variables.set("REQUEST_URI", ProgramVariables.target(request, place))
        if let file = script.file { variables.set("SCRIPT_FILENAME", file) }
        // PHP can be made to run nothing without it.
        variables.set("REDIRECT_STATUS", "200")
        variables.set(settings.environment)
        var bytes = ByteBuffer()
        for (name, value) in variables.values { bytes.writeFastCGIPair(name.utf8, value) }
        return bytes
    }

    /// The server takes more, or doesn't.
    func serverWritabilityChanged() {
        guard case .running(let connection) = step else { return }
        clock?.touch()
        if connection.isWritable, !input.isComplete { stream?.setReading(true) }
    }

    // MARK: The answer

    func receiveOutput(_ bytes: ByteBuffer) throws(ProgramProblem) {
        clock?.touch()
        guard bytes.readableBytes > 0 else { return }
        try output?.receive(bytes)
        if case .running(let connection) = step, stream?.isWritable == false { setReading(false, connection) }
    }

    func receiveErrors(_ bytes: ByteBuffer) {
        clock?.touch()
        log.take(bytes)
    }

    func flush() { stream?.flush() }

    /// The server has answered.
    func ended(_ end: FastCGIEnd) {
        log.end()
        do throws(ProgramProblem) {
            if let problem = end.problem { throw problem }
            try output?.checkEnd()
        } catch {
            return complain(error)
        }
        clock?.stop()
        step = .over
        let stream = stream
        self.stream = nil
        stream?.finish()
    }

    /// The connection broke before the server had answered.
    func lost(_ connection: FastCGIConnection) {
        guard case .running = step else { return }
        log.end()
        clock?.stop()
        if connection.isUsed, !connection.hasAnswered {
            step = .connecting
            return connect(reusing: false)
        }
        complain(.connectionLost)
    }

    /// The server did what it must not do.
    func complain(_ problem: ProgramProblem) {
        guard stream != nil else { return }
        logger.warning("a program answered wrong", metadata: ["problem": "\(problem)", "program": "\(log.program)"])
        fail(problem.status)
    }

    private func timeIsUp() {
        logger.warning("a program was silent for too long", metadata: ["program": "\(log.program)"])
        fail(.gatewayTimeout)
    }

    private func fail(_ status: HTTPResponseStatus) {
        let stream = stream
        self.stream = nil
        leave()
        stream?.fail(status)
    }

    private func leave() {
        clock?.stop()
        if case .running(let connection) = step { connection.close() }
        step = .over
    }
}
