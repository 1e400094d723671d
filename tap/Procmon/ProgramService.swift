import CoreMetrics
import NIOCore
import NIOPosix
import ServiceLifecycle
import Taproom

/// A service that is a program.
final class ProgramService: ReconfigurableService {
    private let life: NIOLoopBoundBox<ProgramLife>
    private let loop: any EventLoop
    private let history: StoredCell<ProgramHistory, EverySecond>

    init(
        _ settings: ProcmonSettings, _ program: PreparedProgram, _ history: StoredCell<ProgramHistory, EverySecond>,
        _ context: ServiceContext
    ) {
        loop = MultiThreadedEventLoopGroup.singleton.next()
        let figures = ProgramFigures(service: context.name, factory: MetricsSystem.factory)
        self.history = history
        life = NIOLoopBoundBox.makeBoxSendingValue(
            ProgramLife(settings, program, history, figures, context.logger, on: loop), eventLoop: loop)
    }

    /// Runs the program until the graceful shutdown, and until the program has ended then.
    func run() async throws {
        // What one service remembers, others write who took its place: so they wait for each other.
        let turn = ProgramTurns.Turn(history)
        await ProgramTurns.shared.take(turn)
        defer { ProgramTurns.shared.giveBack(turn) }
        let (life, loop) = (life, loop)
        let over = loop.makePromise(of: Void.self)
        try await withTaskCancellationHandler {
            try await withGracefulShutdownHandler {
                loop.execute { life.value.run(over) }
                try await over.futureResult.get()
            } onGracefulShutdown: {
                loop.execute { life.value.stop() }
            }
        } onCancel: {
            loop.execute { life.value.kill() }
        }
    }

    /// Prepares nothing: such settings were checked, and can't fail.
    func reconfiguration(to settings: ProcmonSettings) async throws -> @Sendable () -> Void {
        let (life, loop) = (life, loop)
        return { loop.execute { life.value.change(settings) } }
    }
}
