import Glibc
import NIOCore
import TapProcess
import Taproom

/// Asks again and again whether a program is well, as long as it lives.
///
/// Used on its event loop.
final class HealthCheck {
    private let loop: any EventLoop
    private let program: ChildProgram
    private let folder: String
    private let answered: (_ isWell: Bool) -> Void
    private var settings: ProcmonHealth
    private var next: Scheduled<Void>?
    private var child: ChildProcess?
    private var isOver = false

    /// Begins to ask.
    ///
    /// - Parameters:
    ///   - program: what asks.
    ///   - folder: the folder it works in.
    ///   - settings: how often, and how long an answer may take.
    ///   - loop: where all happens.
    ///   - answered: called with each answer, and not after ``stop()``.
    init(
        _ program: ChildProgram, in folder: String, _ settings: ProcmonHealth, on loop: any EventLoop,
        answered: @escaping (_ isWell: Bool) -> Void
    ) {
        (self.program, self.folder, self.settings, self.loop) = (program, folder, settings, loop)
        self.answered = answered
        wait()
    }

    /// Goes on with other times.
    func change(_ settings: ProcmonHealth) {
        self.settings = settings
        if child == nil { wait() }
    }

    /// Asks no more.
    func stop() {
        isOver = true
        next?.cancel()
        child?.signal(SIGKILL)
    }

    private func wait() {
        next?.cancel()
        guard !isOver else { return }
        next = loop.assumeIsolated().scheduleTask(in: settings.every.amount) { [weak self] in self?.ask() }
    }

    private func ask() {
        let directory = ChildFiles.open(folder: Array(folder.utf8))
        guard directory >= 0, let nothing = try? ChildFiles.openNothing() else {
            close(directory)
            return take(.notStarted(ChildStartFailure(step: .folder, code: ENOENT)))
        }
        let bound = NIOLoopBound(self, eventLoop: loop)
        let child = ChildProcess.start(program, ChildFiles(folder: directory, [nothing, nothing, nothing])) {
            [loop] ending in loop.execute { bound.value.take(ending) }
        }
        self.child = child
        next = loop.assumeIsolated().scheduleTask(in: settings.timeout.amount) { child.signal(SIGKILL) }
    }

    private func take(_ ending: ChildEnding) {
        child = nil
        guard !isOver else { return }
        wait()
        answered(ending == .exited(status: 0))
    }
}
