import CoreMetrics
import Glibc
import Logging
import TapConfig
import TapControl
import TapFile
import Taproom

extension RunningApplication {
    /// Waits until no other change is under way, and keeps others from beginning one.
    func beginChange() async {
        while isChanging { await withCheckedContinuation { waiting.append($0) } }
        isChanging = true
    }

    func endChange() {
        isChanging = false
        let next = waiting
        waiting = []
        for continuation in next { continuation.resume() }
    }

    /// Changes what runs.
    ///
    /// Everything that can fail comes first: deciding, binding, storing the revision as pending, making new services. Then
    /// the revision is active on disk, and only then new services take the place of old ones, which finish their
    /// connections beside them. Until there all old ones serve, and go on when something fails; the revision is marked failed.
    ///
    /// A service whose state is replaced ends before the revision is stored, and starts again as it was when that fails; but
    /// not one that remembers nothing: it may be what the change was asked through, and has to answer first.
    ///
    /// - Parameters:
    ///   - isCapturing: whether what services have in memory only is stored first, so that it is compared too.
    ///   - decide: says what is wanted, when no other change is under way any more, on the thread of the tap.
    ///   - store: writes a pending revision and answers its number, or nil when nothing differs.
    ///   - conclude: is stored together with that it counts.
    /// - Returns: what was done.
    /// - Throws: what keeps the change from being made; all is then as before.
    func change(
        capturing isCapturing: Bool = false,
        _ decide: @escaping @Sendable (Tap, Application) throws -> DecidedChange,
        store: @escaping @Sendable (Tap, DecidedChange) throws -> Int?,
        conclude: @escaping @Sendable (Tap) throws -> Void = { _ in }
    ) async throws -> ChangeOutcome {
        await beginChange()
        defer { endChange() }
        guard !isStopping else { throw StateError.closed }
        let application = application
        try await failLeftover()
        if isCapturing { try await writer.commit { _ in } }
        let decided = try await writer.perform { try decide($0, application) }
        let plan = ChangePlan(decided.change, kinds: kinds)
        var work = ServiceSwitch(plan, sockets)
        try work.prepare(decided.change.new, kinds: kinds, passed: passed) { path in
            services.contains { $0.path == path }
        }
        let replaced = Set(decided.change.services.filter(\.replacesState).map(\.path))
        let ended = services.map(\.plan).filter { replaced.contains($0.path) && !$0.kind.state.isEmpty }
        if !ended.isEmpty {
            let paths = Set(ended.map(\.path))
            await stopServices { paths.contains($0) }
            await drained()
        }
        do {
            let stored = try await self.store(decided, work.pathsToMake, store)
            guard let revision = stored.revision else {
                work.abandon()
                for plan in ended { await startOrReport(plan, "service runs as before") }
                return ChangeOutcome(revision: nil, plan: plan, of: decided.change)
            }
            await tellRevisions()
            do {
                try await makeServices(&work, stored.identities)
                try await writer.perform { tap in
                    try tap.commit {
                        try tap.activate(revision)
                        try conclude(tap)
                    }
                }
            } catch {
                leftover = revision
                try? await failLeftover()
                await tellRevisions()
                for service in work.made { writer.discard(service: service.identity) }
                throw error
            }
            self.application = decided.change.new
            await tellRevisions()
            await carryOut(work)
            if decided.change.changesOrder { sortServices() }
            awaitConfirmation(stored.confirmation)
            logChange(plan, revision)
            return ChangeOutcome(
                revision: revision, plan: plan, of: decided.change, confirmation: stored.confirmation)
        } catch {
            work.abandon()
            for plan in ended { await startOrReport(plan, "service runs as before") }
            throw error
        }
    }

    private func logChange(_ plan: ChangePlan, _ revision: Int) {
        let services = plan.services.filter { $0.action != .unchanged }.map { "\($0.name):\($0.action)" }
        logger.notice(
            "changed",
            metadata: [
                "revision": "\(revision)", "services": "\(services.isEmpty ? "none" : services.joined(separator: " "))",
            ])
        serviceManager.status(statusLine)
        if services.contains(where: { !$0.hasSuffix(":update") }) { serviceManager.storeSockets(sockets.all) }
    }

    /// What was stored as pending, and what is needed to make it run.
    private struct StoredChange: Sendable {
        var revision: Int?
        var identities: [String: Int64]
        var confirmation: Confirmation?
    }

    private func store(
        _ decided: DecidedChange, _ paths: [String],
        _ store: @escaping @Sendable (Tap, DecidedChange) throws -> Int?
    ) async throws -> StoredChange {
        try await writer.commit { tap in
            let revision = try store(tap, decided)
            let identities = try paths.map { ($0, try tap.identity(of: $0) ?? 0) }
            return StoredChange(
                revision: revision, identities: Dictionary(identities) { first, _ in first },
                confirmation: try tap.confirmation())
        }
    }

    /// Takes back a revision that was stored and came to nothing; a disk that is full can keep it from being done at once.
    private func failLeftover() async throws {
        guard let revision = leftover else { return }
        try await writer.perform { tap in try tap.commit { try tap.fail(revision) } }
        leftover = nil
    }

    /// Makes what will run, and prepares what takes other settings.
    func makeServices(_ work: inout ServiceSwitch, _ identities: [String: Int64]) async throws {
        for planned in work.planned {
            let running = services.first { $0.path == planned.path }
            if let running, work.isUpdate(planned.path) {
                work.updates.append(try await running.reconfiguration(to: planned))
            } else {
                let identity = identities[planned.path] ?? 0
                work.made.append(try await make(planned, identity: identity, sockets: work.bound, store: writer))
            }
        }
    }

    /// Lets new services take the place of old ones: nothing here fails.
    func carryOut(_ work: ServiceSwitch) async {
        for update in work.updates { update() }
        forgetFailures(above: work.made.map(\.path))
        guard !work.leaving.isEmpty || !work.made.isEmpty else { return }
        let leaving = services.filter { work.leaving.contains($0.path) }
        for service in leaving { service.beginStop() }
        for service in work.made {
            if let place = services.firstIndex(where: { $0.path == service.path }) {
                services[place] = service
            } else {
                services.append(service)
            }
            service.run()
            states[service.path] = .running
            histories[service.path] = nil
        }
        let taken = Set(work.made.map(\.path))
        services.removeAll { work.leaving.contains($0.path) && !taken.contains($0.path) }
        // Also of those that had failed, and did not run.
        for path in work.leaving.subtracting(taken) {
            states[path] = application.service(at: path) == nil ? nil : .stopped
            histories[path] = nil
        }
        let former = sockets
        sockets = work.bound
        former.close(work.touched, except: sockets)
        for service in leaving { drain(service) }
    }

    /// A group has not failed any more when something in it runs anew, or when it is no part of what runs.
    private func forgetFailures(above paths: [String]) {
        for group in states.failed where application.service(at: group)?.isGroup ?? true {
            guard !application.isActive(group) || paths.contains(where: { $0.hasPrefix(group + "/") }) else { continue }
            states[group] = nil
            histories[group] = nil
        }
    }

    /// Waits for the connections of a service that another has taken the place of, as long as it may.
    private func drain(_ service: RunningService) {
        draining.append(service)
        Task {
            if await !service.ends(within: stopLimit) {
                logger.warning(
                    "connections were cut off after a change",
                    metadata: ["service": "\(service.path)", "limit": "\(stopLimit)"])
                await service.cancel()
            }
            // Meanwhile another program may have taken over, and the tap with it.
            if draining.contains(where: { $0 === service }) {
                draining.removeAll { $0 === service }
                await release(service)
            }
            for continuation in drainWaiters { continuation.resume() }
            drainWaiters = []
        }
    }

    /// Waits until no service finishes its connections any more.
    func drained() async {
        while !draining.isEmpty { await withCheckedContinuation { drainWaiters.append($0) } }
    }

    /// Reads the description again and runs what it says: only services that it changes are touched.
    ///
    /// Answers the revision and the services that changed. Throws ``ReloadError`` when there is no description, and whatever
    /// keeps it from being run; all is then as before.
    func reload(by authorship: Authorship) async throws -> Reloaded {
        guard let description else { throw ReloadError(tap: tapPath) }
        serviceManager.reloading()
        do {
            let reloaded = try await read(description, by: authorship)
            noteReload(isDone: true)
            return reloaded
        } catch {
            noteReload(isDone: false)
            throw error
        }
    }

    private func noteReload(isDone: Bool) {
        serviceManager.ready(status: statusLine)
        serviceManager.storeSockets(sockets.all)
        Gauge(label: "taproom_last_reload_success").record(isDone ? 1 : 0)
        Gauge(label: "taproom_last_reload_timestamp_seconds").record(Double(time(nil)))
    }

    private func read(_ description: DescriptionSource, by authorship: Authorship) async throws -> Reloaded {
        let kinds = kinds
        var request = ChangeRequest()
        request.comment = "from \(description.fileName)"
        let logger = logger
        let outcome = try await change { tap, application in
            let text = try description.read()
            let decided = try description.merged(text, into: tap, application, kinds: kinds)
            logger.note(try description.overruled(text, in: tap, application, kinds: kinds), description)
            return decided
        } store: { [request] tap, decided in
            try tap.store(decided, request, status: .pending, by: authorship)
        }
        let changed = outcome.plan.services.map(\.name)
        let services = try await (changed + renewSecrets(except: changed)).sorted()
        logger.notice(
            "description read again",
            metadata: [
                "file": "\(description.path)", "revision": "\(outcome.revision.map(String.init) ?? "unchanged")",
                "services": "\(services.isEmpty ? "unchanged" : services.joined(separator: " "))",
            ])
        return Reloaded(revision: outcome.revision, services: services)
    }
}

extension RunningApplication {
    /// Reads the description again, and says in the log what came of it.
    func reloadForSignal() async {
        do {
            _ = try await reload(by: Authorship(author: UserName.current, origin: "signal"))
        } catch {
            // Meanwhile another program has taken over, which may have read the description before this was asked for.
            if let successorProcess {
                _ = kill(successorProcess, SIGHUP)
                return
            }
            logger.error("the description is not taken; all runs as before", metadata: ["error": "\(error)"])
        }
    }

    /// What the application does, in a line.
    var statusLine: String {
        let failed = states.failed
        let endpoints = endpoints.joined(separator: " ")
        guard !failed.isEmpty else { return "\(application.name) serves on \(endpoints)" }
        return "\(application.name) serves on \(endpoints); failed: \(failed.joined(separator: " "))"
    }
}

/// An application that has no description to be read again.
private struct ReloadError: ReportableError {
    var tap: String?

    var description: String { "there is no description to read again: the application runs from \(tap ?? "memory")" }
    var advice: String? { "Start it with -y DESCRIPTION to have one." }
    var exitStatus: ExitStatus { .unavailable }
}
