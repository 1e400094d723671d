import Logging
import TapFile
import Taproom

/// The application as it is to be, and the paths of the services that are not what they were.
struct WantedChange: Sendable {
    var application: Application
    var affected: Set<String>
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
        let bound = try sockets.binding(planned)
        await stopServices(where: isAffected)
        var stored: Int?
        do {
            stored = try await writer.commit { try store($0, wanted) }
            application = wanted.application
            sockets = bound
            for plan in planned where isAffected(plan.path) { try await start(plan) }
            if let stored { try await writer.perform { tap in try tap.commit { try tap.activate(stored) } } }
            sortServices()
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
}
