import ServiceLifecycle
import TapData
import Taproom

/// A service that is a program of its own.
final class ForeignService: Service {
    private let program: ForeignProgram

    /// Starts the program, and waits until it is ready.
    ///
    /// Throws ``ForeignFailure`` and what reading state does; nothing stays running then.
    static func start(
        _ manifest: Manifest, _ stored: DatumObject, _ context: ServiceContext
    ) async throws -> ForeignService {
        let service = ForeignService(try await ForeignProgram.start(manifest, stored, context))
        try await service.program.becomesReady()
        return service
    }

    private init(_ program: ForeignProgram) { self.program = program }

    // One that was made and never ran leaves no program behind.
    deinit { program.kill() }

    /// Runs until the program ends.
    ///
    /// Throws ``ForeignFailure`` when it fails.
    func run() async throws {
        await withTaskCancellationHandler {
            await withGracefulShutdownHandler {
                await program.ended()
            } onGracefulShutdown: { [program] in
                program.stop()
            }
        } onCancel: { [program] in
            program.kill()
        }
        if let failure = program.failure { throw failure }
    }

    /// Prepares the program for other settings, and answers what makes them count.
    ///
    /// Throws ``ForeignFailure`` when it does not take them.
    func reconfiguration(to stored: DatumObject) async throws -> @Sendable () -> Void {
        try await program.reconfiguration(to: stored)
    }
}
