import Glibc
import Logging
import NIOCore
import NIOPosix
import Synchronization
import TapProcess
import Taproom

/// Starts programs for those who come to a socket.
///
/// The socket is watched and not read by an event loop: with `wait` the program does that itself. What happens is decided on the
/// thread that watches, and when programs end.
final class ProgramListener: Sendable {
    private struct State {
        var program: InetdProgram
        var admission: Admission
        /// Those that run; nil while one is being started.
        var children: [Int: ChildProcess?] = [:]
        var next = 0
        /// Nil before the start, and after the end.
        var token: DescriptorWatch.Token?
        var isStopping = false
        var whenOver: CheckedContinuation<Void, Never>?
    }

    private let socket: CInt
    private let isHandedOver: Bool
    private let budget: ProgramBudget
    private let figures: InetdFigures
    private let logger: Logger
    private let state: Mutex<State>

    /// Starts nothing yet.
    ///
    /// - Parameters:
    ///   - listener: where clients come.
    ///   - program: what is started.
    ///   - isHandedOver: whether the program gets the socket itself.
    ///   - budget: how many programs there can be, of all entries.
    ///   - figures: where it is counted.
    ///   - logger: where it is said that clients wait.
    /// - Throws: ``SystemCallError``.
    init(
        _ listener: Listener, _ program: InetdProgram, isHandedOver: Bool, _ budget: ProgramBudget,
        _ figures: InetdFigures, _ logger: Logger
    ) throws {
        socket = try listener.duplicate()
        (self.isHandedOver, self.budget, self.figures, self.logger) = (isHandedOver, budget, figures, logger)
        state = Mutex(State(program: program, admission: Admission(program.limits)))
    }

    deinit { close(socket) }

    /// Starts what is to be started from now on; what runs goes on.
    func change(_ program: InetdProgram) {
        state.withLock { state in
            state.program = program
            state.admission.limits = program.limits
        }
        resume()
    }

    /// Begins.
    ///
    /// Throws ``SystemCallError``.
    func start() throws(SystemCallError) {
        let flags = fcntl(socket, F_GETFL)
        // Programs expect a socket that waits; the one that is accepted from must not.
        _ = fcntl(socket, F_SETFL, isHandedOver ? flags & ~O_NONBLOCK : flags | O_NONBLOCK)
        try state.withLock { state throws(SystemCallError) in
            guard !state.isStopping else { return }
            state.token = try DescriptorWatch.shared().watch(socket) { [weak self] _ in self?.serve() }
        }
    }

    /// Begins no more; programs that have the socket itself are asked to end, the others go on.
    func stop() {
        let (token, children) = state.withLock { state in
            state.isStopping = true
            defer { state.token = nil }
            return (state.token, isHandedOver ? state.children.values.compactMap { $0 } : [])
        }
        if let token, let watch = try? DescriptorWatch.shared() { watch.forget(token) }
        for child in children { child.signal(SIGTERM) }
    }

    /// Ends all programs at once.
    func kill() { for child in state.withLock({ $0.children.values.compactMap { $0 } }) { child.signal(SIGKILL) } }

    /// Waits until the last program has ended, after ``stop()``.
    func allEnded() async {
        await withCheckedContinuation { continuation in
            let isOver = state.withLock { state in
                if !state.children.isEmpty { state.whenOver = continuation }
                return state.children.isEmpty
            }
            if isOver { continuation.resume() }
        }
    }

    /// Somebody has come.
    private func serve() {
        // Others get their turn after some.
        for _ in 0..<16 {
            guard hasRoom() else { return }
            switch isHandedOver ? handOver() : accept() {
            case .started: if isHandedOver { return }
            case .nobody: return resume()
            // It goes on by itself.
            case .paused: return
            }
        }
        resume()
    }

    /// Whether another program can be started; if not, it goes on by itself when one can.
    private func hasRoom() -> Bool {
        let room = state.withLock { $0.isStopping ? .full : $0.admission.room(at: .now()) }
        switch room {
        // Whoever leaves resumes.
        case .full: return false
        case .later(let moment):
            logger.warning("clients wait: too many programs were started in a minute")
            MultiThreadedEventLoopGroup.singleton.next().scheduleTask(deadline: moment) { [weak self] in self?.resume()
            }
            return false
        case .free: return budget.take { [weak self] in self?.resume() }
        }
    }

    private func resume() {
        // A program that has the socket is waited for.
        let token = state.withLock { isHandedOver && !$0.children.isEmpty ? nil : $0.token }
        if let token, let watch = try? DescriptorWatch.shared() { watch.again(token) }
    }

    /// What came of looking for somebody.
    private enum Outcome {
        case started
        /// There is nobody any more.
        case nobody
        /// The system can't; it is tried again after a moment.
        case paused
    }

    private func handOver() -> Outcome {
        let copy = fcntl(socket, F_DUPFD_CLOEXEC, 3)
        guard copy >= 0 else { return pause(SystemCallError("hand over a socket")) }
        begin(copy, nil)
        return .started
    }

    private func accept() -> Outcome {
        let connection = Glibc.accept(socket, nil, nil)
        guard connection >= 0 else {
            let error = SystemCallError("accept a connection")
            if [EMFILE, ENFILE, ENOBUFS, ENOMEM].contains(error.code) { return pause(error) }
            budget.giveBack()
            return .nobody
        }
        _ = fcntl(connection, F_SETFD, FD_CLOEXEC)
        begin(connection, Source(peerOf: connection))
        return .started
    }

    private func begin(_ connection: CInt, _ source: Source?) {
        let start: (program: InetdProgram, number: Int)? = state.withLock { state in
            guard state.admission.take(source) else { return nil }
            state.next += 1
            state.children.updateValue(nil, forKey: state.next)
            return (state.program, state.next)
        }
        guard let start else {
            close(connection)
            budget.giveBack()
            figures.noteRefused()
            logger.debug("a client has its share of programs already")
            return
        }
        figures.noteStart()
        let child = start.program.start(with: connection) { [self] in ended(start.number, source) }
        guard let child else { return ended(start.number, source) }
        let isLate = state.withLock { state in
            // It may have ended already.
            guard state.children[start.number] != nil else { return false }
            state.children[start.number] = child
            return state.isStopping && isHandedOver
        }
        if isLate { child.signal(SIGTERM) }
    }

    private func ended(_ number: Int, _ source: Source?) {
        let whenOver: CheckedContinuation<Void, Never>? = state.withLock { state in
            state.children.removeValue(forKey: number)
            state.admission.giveBack(source)
            guard state.children.isEmpty else { return nil }
            defer { state.whenOver = nil }
            return state.whenOver
        }
        figures.noteEnd()
        budget.giveBack()
        whenOver?.resume()
        resume()
    }

    /// Tries again after a moment, for the system could not do something.
    private func pause(_ error: SystemCallError) -> Outcome {
        budget.giveBack()
        logger.warning("clients wait", metadata: ["error": "\(error)"])
        MultiThreadedEventLoopGroup.singleton.next().scheduleTask(in: .milliseconds(250)) { [weak self] in
            self?.resume()
        }
        return .paused
    }
}
