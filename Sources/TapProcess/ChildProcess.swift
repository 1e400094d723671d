import CTapSystem
import Glibc
import NIOCore
import NIOPosix
import Synchronization
import Taproom

/// A program that runs, with all processes that it starts in its group.
///
/// It is started on one of a few threads that last, so that no event loop waits; one thread watches for the ends of all of
/// them and takes their statuses, so that none stays behind as a zombie. With the program ends whatever it leaves in its
/// process group.
package final class ChildProcess: Sendable {
    private struct State {
        /// Nil before it is started, and once its number may be another's.
        var process: pid_t?
        var isOver = false
        /// A signal that came before there was a process.
        var early: CInt?
    }

    private let state = Mutex(State())
    private let whenOver: @Sendable (ChildEnding) -> Void

    /// Starts a program.
    ///
    /// - Parameters:
    ///   - program: what is started.
    ///   - files: what it gets; closed here once it is started or can't be.
    ///   - whenStarted: called with its number once it is executed, on another thread.
    ///   - whenOver: called once, on another thread, when it has ended or could not be started.
    /// - Returns: the program.
    package static func start(
        _ program: ChildProgram, _ files: ChildFiles, whenStarted: @escaping @Sendable (Int32) -> Void = { _ in },
        whenOver: @escaping @Sendable (ChildEnding) -> Void
    ) -> ChildProcess {
        let child = ChildProcess(whenOver)
        // These threads stay: a program whose thread ends would get its orphan signal.
        NIOThreadPool.singleton.submit { _ in
            do throws(ChildStartFailure) {
                defer { files.close() }
                let process = try program.launch(with: files)
                try child.watch(process) { whenStarted(process) }
            } catch {
                child.state.withLock { $0.isOver = true }
                whenOver(.notStarted(error))
            }
        }
        return child
    }

    private init(_ whenOver: @escaping @Sendable (ChildEnding) -> Void) { self.whenOver = whenOver }

    /// Its number, while it runs.
    package var process: Int32? { state.withLock { $0.process } }

    /// Sends a signal to it and all processes of its group; nothing happens once it has ended.
    package func signal(_ number: CInt) {
        state.withLock { state in
            guard let process = state.process else {
                if !state.isOver, state.early != SIGKILL { state.early = number }
                return
            }
            kill(-process, number)
        }
    }

    private func watch(_ process: pid_t, whenWatched: () -> Void) throws(ChildStartFailure) {
        state.withLock { state in
            state.process = process
            if let early = state.early { kill(-process, early) }
        }
        let descriptor = tap_process_descriptor(process)
        do throws(SystemCallError) {
            guard descriptor >= 0 else { throw SystemCallError("watch a process") }
            let watch = try DescriptorWatch.shared()
            whenWatched()
            try watch.watch(descriptor) { [self] token in
                watch.forget(token)
                close(descriptor)
                whenOver(end(process))
            }
        } catch {
            close(descriptor)
            _ = end(process)
            throw ChildStartFailure(step: .watch, code: error.code)
        }
    }

    /// Ends what is left in the group, and takes the status.
    ///
    /// Until it is taken the number of the group can't be another's.
    private func end(_ process: pid_t) -> ChildEnding {
        state.withLock { state in
            kill(-process, SIGKILL)
            state.process = nil
            state.isOver = true
        }
        var status: CInt = 0
        while waitpid(process, &status, 0) < 0, errno == EINTR {}
        ChildProcess.reap(group: process)
        let signal = status & 0x7F
        return signal == 0 ? .exited(status: status >> 8 & 0xFF) : .killed(signal: signal)
    }

    /// Takes the statuses of what else was in a group: where this process is the first of a container, the members have
    /// become its children.
    private static func reap(group: pid_t) {
        var ended: pid_t
        repeat { ended = waitpid(-group, nil, WNOHANG) } while ended > 0
        guard ended == 0 else { return }
        // They were killed, and keep the number of the group from being given to others until they are gone.
        MultiThreadedEventLoopGroup.singleton.next().scheduleTask(in: .milliseconds(20)) { reap(group: group) }
    }
}
