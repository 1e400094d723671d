import CTapSystem
import Glibc
import Synchronization
import Taproom

/// What is started for a request.
struct CGICommand: Sendable {
    /// The absolute path of the program.
    let path: [UInt8]
    /// All words, the name of the program first.
    let arguments: [[UInt8]]
    /// Each as `NAME=value`.
    let environment: [[UInt8]]
    /// The most memory in bytes; 0: no limit.
    let memory: UInt64
    /// The most processor time in seconds; 0: no limit.
    let processor: UInt64
}

/// Descriptors for a program, which are closed here once it is started or can't be.
struct CGIDescriptors: Sendable {
    /// The folder it works in.
    let folder: CInt
    let input: CInt
    let output: CInt
    let errors: CInt

    func close() {
        for descriptor in [folder, input, output, errors] { Glibc.close(descriptor) }
    }
}

/// A program with all processes that it starts in its group.
///
/// A thread of its own starts it, waits for its end and takes its status, so that no event loop waits and none stays behind
/// as a zombie. With the program ends whatever it leaves in its process group.
final class CGIProcess: Sendable {
    /// How it ended.
    enum Outcome: Equatable, Sendable {
        case exited(status: CInt)
        case killed(signal: CInt)
        case notStarted(code: CInt)
    }

    private struct State {
        /// Nil before it is started, and once its number may be another's.
        var process: pid_t?
        var isOver = false
        /// A signal that came before there was a process.
        var early: CInt?
    }

    private let state = Mutex(State())

    /// Starts a program.
    ///
    /// - Parameters:
    ///   - command: what is started.
    ///   - descriptors: what it gets.
    ///   - whenOver: called once, on another thread, when it has ended or could not be started.
    /// - Returns: the program.
    /// - Throws: an error when there is no thread; `whenOver` is not called then, and the descriptors are closed.
    static func start(
        _ command: CGICommand, _ descriptors: CGIDescriptors, whenOver: @escaping @Sendable (Outcome) -> Void
    ) throws(SystemCallError) -> CGIProcess {
        let process = CGIProcess()
        do throws(SystemCallError) {
            try CGIThread.start { whenOver(process.run(command, descriptors)) }
        } catch {
            descriptors.close()
            throw error
        }
        return process
    }

    /// Sends a signal to it and all processes of its group; nothing happens once it has ended.
    func signal(_ number: CInt) {
        state.withLock { state in
            guard let process = state.process else {
                if !state.isOver { state.early = number }
                return
            }
            kill(-process, number)
        }
    }

    private func run(_ command: CGICommand, _ descriptors: CGIDescriptors) -> Outcome {
        let process = command.start(with: descriptors)
        let code = errno
        descriptors.close()
        guard process > 0 else {
            state.withLock { $0.isOver = true }
            return .notStarted(code: code)
        }
        state.withLock { state in
            state.process = process
            if let early = state.early { kill(-process, early) }
        }
        return waitForEnd(of: process)
    }

    /// Waits without taking the status, which keeps the number of the group from being given to others.
    private func waitForEnd(of process: pid_t) -> Outcome {
        var details = siginfo_t()
        while waitid(P_PID, id_t(process), &details, WEXITED | WNOWAIT) < 0, errno == EINTR {}
        state.withLock { state in
            kill(-process, SIGKILL)
            state.process = nil
            state.isOver = true
        }
        var outcome = Outcome.exited(status: 0)
        var status: CInt = 0
        // Where this process is the first of a container, what is left of the group has become its child as well.
        while true {
            let ended = waitpid(-process, &status, 0)
            if ended == process {
                let signal = status & 0x7F
                outcome = signal == 0 ? .exited(status: status >> 8 & 0xFF) : .killed(signal: signal)
            } else if ended < 0, errno != EINTR {
                return outcome
            }
        }
    }
}

extension CGICommand {
    /// Answers the process, or -1 with `errno` set.
    fileprivate func start(with descriptors: CGIDescriptors) -> pid_t {
        withTerminated(arguments) { arguments in
            withTerminated(environment) { environment in
                (path + [0]).withUnsafeBytes { path in
                    var worker = tap_worker(
                        path: path.bindMemory(to: CChar.self).baseAddress, arguments: arguments,
                        environment: environment,
                        folder: descriptors.folder, input: descriptors.input, output: descriptors.output,
                        errors: descriptors.errors, memory: memory, processor: processor)
                    return tap_start_worker(&worker)
                }
            }
        }
    }

    /// Calls with a list of texts as C has them.
    private func withTerminated<Result>(
        _ texts: [[UInt8]], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>?) -> Result
    ) -> Result {
        let copies = texts.map { text in (text.map { CChar(bitPattern: $0) } + [0]).withUnsafeBufferPointer(duplicate) }
        defer { for copy in copies { free(copy) } }
        return (copies + [nil]).withUnsafeBufferPointer { body($0.baseAddress) }
    }
}

private func duplicate(_ text: UnsafeBufferPointer<CChar>) -> UnsafeMutablePointer<CChar>? {
    text.baseAddress.flatMap { strdup($0) }
}

/// A thread that waits for a program.
private final class CGIThread {
    private let body: @Sendable () -> Void

    private init(_ body: @escaping @Sendable () -> Void) { self.body = body }

    static func start(_ body: @escaping @Sendable () -> Void) throws(SystemCallError) {
        let start = Unmanaged.passRetained(CGIThread(body))
        var thread = pthread_t()
        let code = pthread_create(
            &thread, nil,
            { argument in
                guard let argument else { return nil }
                Unmanaged<CGIThread>.fromOpaque(argument).takeRetainedValue().body()
                return nil
            }, start.toOpaque())
        guard code == 0 else {
            start.release()
            throw SystemCallError("start a thread", code: code)
        }
        pthread_detach(thread)
    }
}
