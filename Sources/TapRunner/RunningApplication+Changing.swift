import CoreMetrics
import Glibc
import Logging
import TapControl
import TapFile
import Taproom

/// The application as it is to be, and the paths of the services that are not what they were.
struct WantedChange: Sendable {
    var application: Application
    var affected: Set<String>
    /// The text it comes from, when it comes from one.
    var base: BaseDescription?
}

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
        let planned = try plans(of: wanted.application)
        let former = (
            application: application, sockets: sockets, plans: services.map(\.plan).filter { isAffected($0.path) }
        )
        let bound = try sockets.binding(planned, passed: passed)
        await stopServices(where: isAffected)
        var stored: Int?
        do {
            stored = try await writer.commit { try store($0, wanted) }
            application = wanted.application
            sockets = bound
            for plan in planned where isAffected(plan.path) { try await start(plan) }
            if let stored { try await writer.perform { tap in try tap.commit { try tap.activate(stored) } } }
            sortServices()
            former.sockets.close(except: sockets)
            return (wanted, stored)
        } catch {
            await stopServices(where: isAffected)
            if let stored { try? await writer.perform { tap in try tap.commit { try tap.fail(stored) } } }
            application = former.application
            bound.close(except: former.sockets)
            sockets = former.sockets
            for plan in former.plans { await startOrReport(plan, "service runs as before") }
            throw error
        }
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
        let change = try await change { tap in
            let merged = try description.merged(description.read(), into: tap, kinds: kinds)
            let affected = try tap.application().pathsThatDiffer(from: merged.application)
            return WantedChange(application: merged.application, affected: affected, base: merged.base)
        } store: { tap, wanted in
            guard let base = wanted.base else { return nil }
            return try MergedDescription(application: wanted.application, base: base).store(in: tap, by: authorship)
        }
        let services = change.wanted.affected.sorted()
        logger.notice(
            "description read again",
            metadata: [
                "file": "\(description.path)", "revision": "\(change.revision.map(String.init) ?? "unchanged")",
                "services": "\(services.isEmpty ? "unchanged" : services.joined(separator: " "))",
            ])
        return Reloaded(revision: change.revision, services: services)
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
        let failed = states.filter { $0.value == .failed }.keys.sorted()
        let endpoints = endpoints.joined(separator: " ")
        guard !failed.isEmpty else { return "\(application.name) serves on \(endpoints)" }
        return "\(application.name) serves on \(endpoints); failed: \(failed.joined(separator: " "))"
    }
}

extension Application {
    /// The services that run in only one of two applications, or differently in each.
    fileprivate func pathsThatDiffer(from other: Application) -> Set<String> {
        let (mine, others) = (activePaths, other.activePaths)
        let definitions = Dictionary(other.servicesByPath.map { ($0.path, $0.service) }) { first, _ in first }
        let changed = servicesByPath.filter { path, service in
            mine.contains(path) && others.contains(path) && definitions[path] != service
        }
        return mine.symmetricDifference(others).union(changed.map(\.path))
    }
}

/// An application that has no description to be read again.
private struct ReloadError: ReportableError {
    var tap: String?

    var description: String { "there is no description to read again: the application runs from \(tap ?? "memory")" }
    var advice: String? { "Start it with -y DESCRIPTION to have one." }
    var exitStatus: ExitStatus { .unavailable }
}
