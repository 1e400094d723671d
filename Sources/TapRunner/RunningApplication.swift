import Glibc
import Logging
import TapConfig
import TapControl
import TapData
import TapFile
import Taproom

/// The application as it is to be, and the paths of the services that are not what they were.
struct WantedChange: Sendable {
    var application: Application
    var affected: Set<String>
}

/// An application that runs: its services, its sockets, its tap, and the verbs on them.
///
/// Changes happen one after the other, whoever asks for them.
actor RunningApplication {
    /// What a service's end or a request can ask of the runner.
    enum Event: Sendable {
        case stopRequested
        case serviceEnded(PlannedService, RunningService.Ending)
    }

    let writer: TapWriter
    let kinds: KindList
    let logger: Logger
    /// The path of the tap, or nil for an application in memory.
    let tapPath: String?
    private let stopLimit: Duration
    private let isQuarantining: Bool
    private let report: @Sendable (Event) -> Void
    private let since = Timestamp.now

    private(set) var application: Application
    private var sockets: SocketTable
    private var services: [RunningService] = []
    private var histories: [String: RestartHistory] = [:]
    private var states: [String: StatusReport.Service.State] = [:]
    private var isStopping = false
    /// Whether a change is under way; the next one waits in `waiting`.
    private var isChanging = false
    private var waiting: [CheckedContinuation<Void, Never>] = []

    init(
        _ application: Application, sockets: SocketTable, writer: TapWriter, configuration: RunnerConfiguration,
        tapPath: String?, report: @escaping @Sendable (Event) -> Void
    ) {
        self.application = application
        self.sockets = sockets
        self.writer = writer
        kinds = configuration.kinds
        logger = configuration.logger
        stopLimit = configuration.stopLimit
        isQuarantining = configuration.isQuarantining
        self.tapPath = tapPath
        self.report = report
    }

    /// Starts all services in order.
    ///
    /// When one can't be started, those before it are stopped and its error is thrown.
    func start(_ planned: [PlannedService]) async throws {
        for plan in planned {
            do {
                try await start(plan)
            } catch {
                await stopServices { _ in true }
                throw error
            }
        }
    }

    /// All endpoints, with real ports, as the line that says the application serves shows them.
    var endpoints: [String] { services.flatMap { sockets.sockets(of: $0.plan).map(\.endpoint.description) } }

    private func start(_ plan: PlannedService) async throws {
        states[plan.path] = .starting
        let identity = try await writer.perform { try $0.identities()[plan.path] ?? 0 }
        do {
            let service = try await RunningService(
                plan, identity: identity, sockets: sockets.sockets(of: plan), store: writer, logger: logger
            ) { [report] ending in report(.serviceEnded(plan, ending)) }
            services.append(service)
            states[plan.path] = .running
        } catch {
            states[plan.path] = .failed
            writer.discard(service: identity)
            throw error
        }
    }

    /// Stops services in reverse order and stores what their cells still hold.
    private func stopServices(where isMeant: (String) -> Bool) async {
        for service in services.reversed() where isMeant(service.plan.path) {
            states[service.plan.path] = .stopping
            if await !service.stop(within: stopLimit) {
                logger.error(
                    "service did not stop in time",
                    metadata: ["service": "\(service.plan.path)", "limit": "\(stopLimit)"])
            }
            states[service.plan.path] = .stopped
            services.removeAll { $0 === service }
            do {
                try await writer.release(service: service.identity)
            } catch {
                logger.error("state is not stored", metadata: ["service": "\(service.plan.path)", "error": "\(error)"])
            }
        }
    }

    /// Stops everything and closes the tap.
    ///
    /// Answers whether all state is on disk.
    func shutDown(isSaving: Bool) async -> Bool {
        isStopping = true
        await beginChange()
        if !isSaving { for service in services { writer.discard(service: service.identity) } }
        await stopServices { _ in true }
        sockets = SocketTable()
        do {
            if isSaving { try await keepSnapshot("at the end") }
        } catch {
            logger.error("no snapshot is made at the end", metadata: ["error": "\(error)"])
        }
        do {
            try await writer.close()
            return true
        } catch {
            logger.error("the tap is not saved", metadata: ["error": "\(error)"])
            return false
        }
    }

    /// Makes a snapshot when something changed since the last revision, and prunes as the application's retention says.
    func saveSnapshot(_ comment: String) async {
        guard !isStopping else { return }
        do { try await keepSnapshot(comment) } catch {
            logger.error("no snapshot is made", metadata: ["error": "\(error)"])
        }
    }

    private func keepSnapshot(_ comment: String) async throws {
        try await writer.commit { [logger] tap in try RunningApplication.addSnapshot(comment, of: tap, logger) }
        guard let retention = application.retention else { return }
        let pruned = try await writer.perform { try $0.prune(retention) }
        logger.debug("history pruned", metadata: ["revisions": "\(pruned.revisions.count)"])
    }

    private static func addSnapshot(_ comment: String, of tap: Tap, _ logger: Logger) throws {
        guard try tap.hasUncapturedState() else { return }
        let author = Authorship(author: UserName.current, origin: "tapd", comment: comment)
        let number = try tap.addRevision(.snapshot, by: author)
        logger.info("snapshot", metadata: ["revision": "\(number)", "why": "\(comment)"])
    }

    /// Ends the time that stopping services still have.
    func hurry() { for service in services { service.hurry() } }

    /// Does what the restart policy says about a service that ended by itself.
    ///
    /// Answers false when the application must stop.
    func serviceEnded(_ plan: PlannedService, _ ending: RunningService.Ending) async -> Bool {
        guard !isStopping else { return true }
        if let service = services.first(where: { $0.plan.path == plan.path }) {
            services.removeAll { $0 === service }
            try? await writer.release(service: service.identity)
        }
        let isFailed = if case .failed = ending { true } else { false }
        states[plan.path] = isFailed ? .failed : .stopped
        logger.log(
            level: isFailed ? .error : .notice, "service ended",
            metadata: ["service": "\(plan.path)", "ending": "\(ending.text)"])
        let decision = histories[plan.path, default: RestartHistory()].serviceEnded(
            failed: isFailed, policy: plan.definition.restart)
        switch decision {
        case .leave: return true
        case .giveUp: return false
        case .restart(let delay):
            Task {
                try? await Task.sleep(for: delay)
                await restart(plan)
            }
            return true
        }
    }

    private func restart(_ plan: PlannedService) async {
        await beginChange()
        defer { endChange() }
        // Meanwhile it may have been changed, removed or started by somebody else.
        guard !isStopping, application.service(at: plan.path) == plan.definition,
            !services.contains(where: { $0.plan.path == plan.path })
        else { return }
        await startOrReport(plan, "service restarted")
    }

    private func startOrReport(_ plan: PlannedService, _ message: Logger.Message) async {
        do {
            try await start(plan)
            logger.notice(message, metadata: ["service": "\(plan.path)"])
        } catch {
            report(.serviceEnded(plan, .failed("\(error)")))
        }
    }

    func statusReport() async throws -> StatusReport {
        let (active, latest) = try await writer.perform { (try $0.activeRevision(), try $0.latestRevision()) }
        let services = application.servicesByPath.map { path, definition in
            let running = self.services.first { $0.plan.path == path }
            return StatusReport.Service(
                name: path, kind: definition.kind, enabled: definition.isEnabled, state: state(of: path, definition),
                restarts: histories[path]?.count ?? 0,
                endpoints: running.map { sockets.sockets(of: $0.plan).map(\.endpoint.description) } ?? [])
        }
        return StatusReport(
            name: application.name, tap: tapPath, revision: active, running: true, pid: Int(getpid()), since: since,
            durable: .init(revision: latest, lossWindow: writer.lossWindow), services: services)
    }

    private func state(of path: String, _ definition: ServiceDefinition) -> StatusReport.Service.State {
        if isQuarantining, PlannedService.isUnknown(definition, to: kinds) { return .quarantined }
        return states[path] ?? .stopped
    }

    func requestStop() { report(.stopRequested) }

    private func beginChange() async {
        while isChanging { await withCheckedContinuation { waiting.append($0) } }
        isChanging = true
    }

    private func endChange() {
        isChanging = false
        let next = waiting
        waiting = []
        for continuation in next { continuation.resume() }
    }

    /// Changes what runs: binds, stops what is affected, stores, starts again.
    ///
    /// `decide` says what is wanted, when no other change is under way any more. `store` writes a pending revision and
    /// answers its number, or nil when nothing differs. When a service can't be started on it, everything is taken back:
    /// the revision is marked failed and the old services run again.
    func change(
        _ decide: @escaping @Sendable (Tap) throws -> WantedChange,
        store: @escaping @Sendable (Tap, WantedChange) throws -> Int?
    ) async throws -> (wanted: WantedChange, revision: Int?) {
        await beginChange()
        defer { endChange() }
        guard !isStopping else { throw StateError.closed }
        // What is in memory only is stored with this, so that it is compared too.
        let wanted = try await writer.commit(decide)
        let isAffected = { (path: String) in wanted.affected.contains(path) }
        let planned = try PlannedService.all(of: wanted.application, kinds: kinds, quarantine: isQuarantining)
        let former = (
            application: application, sockets: sockets, plans: services.map(\.plan).filter { isAffected($0.path) }
        )
        let bound = try sockets.binding(planned)
        await stopServices(where: isAffected)
        var stored: Int?
        do {
            stored = try await writer.commit { try store($0, wanted) }
            application = wanted.application
            sockets = bound
            for plan in planned where isAffected(plan.path) { try await start(plan) }
            if let stored { try await writer.perform { tap in try tap.commit { try tap.activate(stored) } } }
            services.sort { position($0) < position($1) }
            return (wanted, stored)
        } catch {
            await stopServices(where: isAffected)
            if let stored { try? await writer.perform { tap in try tap.commit { try tap.fail(stored) } } }
            application = former.application
            sockets = former.sockets
            for plan in former.plans { await startOrReport(plan, "service runs as before") }
            throw error
        }
    }

    private func position(_ service: RunningService) -> Int {
        application.servicesByPath.firstIndex { $0.path == service.plan.path } ?? .max
    }
}
