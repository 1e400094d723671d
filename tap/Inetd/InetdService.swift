import CoreMetrics
import Logging
import ServiceLifecycle
import TapNetwork
import Taproom

/// Starts programs for connections, and answers some itself.
final class InetdService: ReconfigurableService {
    private let logger: Logger
    /// The listeners for programs, with the index of their entry.
    private let programs: [(entry: Int, listener: ProgramListener)]
    private let internals: [any Service]

    init(_ settings: InetdSettings, _ context: ServiceContext) throws {
        logger = context.logger
        let budget = ProgramBudget(settings.atOnce)
        var programs: [(Int, ProgramListener)] = []
        var internals: [any Service] = []
        var listeners = context.listeners[...]
        for (index, entry) in settings.entries.enumerated() {
            let own = Array(listeners.prefix(entry.listen.elements.count))
            listeners = listeners.dropFirst(own.count)
            let figures = InetdFigures(service: context.name, entry: entry.title, factory: MetricsSystem.factory)
            if let word = entry.internal {
                internals += InternalService(word, entry.admission, figures).servers(context.with(own))
            } else {
                let program = try InetdProgram(entry, logger: context.logger)
                programs += try own.map { listener in
                    (
                        index,
                        try ProgramListener(
                            listener, program, isHandedOver: entry.wait, budget, figures, context.logger)
                    )
                }
            }
        }
        (self.programs, self.internals) = (programs, internals)
    }

    /// Serves until the graceful shutdown, and until the programs have ended that run then.
    func run() async throws {
        let (programs, internals) = (programs.map(\.listener), internals)
        for program in programs { try program.start() }
        try await withTaskCancellationHandler {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for server in internals { group.addTask { try await server.run() } }
                group.addTask {
                    // Cancelled or shut down: nothing more is started.
                    try? await gracefulShutdown()
                    for program in programs { program.stop() }
                    for program in programs { await program.allEnded() }
                }
                try await group.waitForAll()
            }
        } onCancel: {
            for program in programs { program.kill() }
        }
    }

    /// Looks for the programs that are started from then on.
    func reconfiguration(to settings: InetdSettings) async throws -> @Sendable () -> Void {
        let changes = try programs.map { index, listener in
            (listener, try InetdProgram(settings.entries[index], logger: logger))
        }
        return { for (listener, program) in changes { listener.change(program) } }
    }
}
