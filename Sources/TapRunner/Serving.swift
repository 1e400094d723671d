import Glibc
import Logging
import TapControl
import Taproom

/// The life of an application from the start of its services to its end.
struct Serving: Sendable {
    let running: RunningApplication
    let events: AsyncStream<RunningApplication.Event>
    /// Where it is controlled; nil: nowhere.
    let control: BoundSocket?
    let configuration: RunnerConfiguration

    private var logger: Logger { configuration.logger }

    /// Starts the services and serves until the end.
    ///
    /// Throws when not all could be started; nothing runs then, and what the start changed in the tap is taken back.
    func run(_ planned: [PlannedService]) async throws -> ExitStatus {
        let server = try await start(planned)
        let name = await running.application.name
        try await sayThatItServes(name)
        let saving = savingRegularly()
        let status = await waitForTheEnd()
        saving?.cancel()
        logger.notice("stopping", metadata: ["application": "\(name)"])
        let hurry = Task { for await event in events { if case .stopRequested = event { await running.hurry() } } }
        let isSaved = await running.shutDown(isSaving: configuration.isSaving)
        hurry.cancel()
        await server?.close()
        // The process may end before the last reference to it does.
        control?.close()
        logger.notice("stopped", metadata: ["application": "\(name)"])
        return isSaved ? status : .inputOutput
    }

    private func start(_ planned: [PlannedService]) async throws -> ControlServer? {
        do {
            try await running.start(planned)
            try await running.confirmStart()
            guard let control else { return nil }
            return try await ControlServer(
                socket: dup(control.descriptor), routes: ControlRoutes(running), owner: geteuid(), logger: logger)
        } catch {
            await running.abandon()
            control?.close()
            throw error
        }
    }

    private func sayThatItServes(_ name: String) async throws {
        let revision = try await running.revision()
        let endpoints = await running.endpoints.joined(separator: " ")
        logger.notice(
            "serving",
            metadata: ["application": "\(name)", "revision": "\(revision)", "endpoints": "\(endpoints)"])
        configuration.detachment?.serving()
    }

    private func savingRegularly() -> Task<Void, Never>? {
        configuration.saveEvery.map { interval in
            Task {
                while (try? await Task.sleep(for: interval)) != nil { await running.saveSnapshot("every \(interval)") }
            }
        }
    }

    /// Answers how the application ends, when it does.
    private func waitForTheEnd() async -> ExitStatus {
        for await event in events {
            switch event {
            case .stopRequested: return .done
            case .serviceEnded(let plan, let ending):
                if await !running.serviceEnded(plan, ending) { return .software }
            }
        }
        return .done
    }
}
