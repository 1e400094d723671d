import Logging
import TapControl
import TapFile
import Taproom

extension RunningApplication {
    /// Does what the restart policy says about a service that ended by itself.
    ///
    /// Answers false when the application must stop.
    func serviceEnded(_ plan: PlannedService, _ ending: RunningService.Ending) async -> Bool {
        guard !isStopping else { return true }
        if let service = services.first(where: { $0.path == plan.path }) {
            // Meanwhile another can have taken the place of the one that ended.
            guard service.hasEnded else { return true }
            services.removeAll { $0 === service }
            try? await writer.release(service: service.identity)
        }
        // Or a change took it out, and asks for nothing in its place.
        guard let definition = application.service(at: plan.path), application.isActive(plan.path) else { return true }
        let isFailed = if case .failed = ending { true } else { false }
        if isFailed { states.fail(plan.path, because: ending.text) } else { states[plan.path] = .stopped }
        logger.log(
            level: isFailed ? .error : .notice, "service ended",
            metadata: ["service": "\(plan.path)", "ending": "\(ending.text)"])
        // The policy may have changed since the service was made.
        let decision = decide(plan.path, definition.restart, failed: isFailed, ending.text)
        serviceManager.status(statusLine)
        if isFailed { await keepFailure(plan.path, ending.text, decision) }
        return await follow(decision, plan.path, ending.text)
    }

    private func decide(
        _ path: String, _ policy: RestartPolicy, failed: Bool, _ reason: String
    ) -> RestartHistory.Decision {
        var history = histories[path] ?? RestartHistory()
        if failed { history.failed(reason) }
        let decision = history.serviceEnded(failed: failed, policy: policy)
        histories[path] = history
        return decision
    }

    private func follow(_ decision: RestartHistory.Decision, _ path: String, _ reason: String) async -> Bool {
        switch decision {
        case .leave: return true
        case .restart(let delay):
            Task {
                try? await Task.sleep(for: delay)
                await restart(path)
            }
            return true
        case .giveUp:
            guard let end = path.lastIndex(of: "/") else {
                logger.error(
                    "a service failed for good; the application stops",
                    metadata: ["service": "\(path)", "reason": "\(reason)"])
                return false
            }
            return await groupFailed(String(path[..<end]), because: path, reason)
        }
    }

    /// A group fails with the service in it that is not started again: all of it stops, and its own policy decides.
    private func groupFailed(_ group: String, because member: String, _ reason: String) async -> Bool {
        let reason = "\(member) failed: \(reason)"
        await beginChange()
        await stopServices { $0.hasPrefix(group + "/") }
        endChange()
        guard !isStopping, let definition = application.service(at: group) else { return true }
        states.fail(group, because: reason)
        logger.error("a group failed", metadata: ["service": "\(group)", "reason": "\(reason)"])
        let decision = decide(group, definition.restart, failed: true, reason)
        if case .restart = decision {
            for path in histories.keys where path.hasPrefix(group + "/") { histories[path]?.forget() }
        }
        await keepFailure(group, reason, decision)
        return await follow(decision, group, reason)
    }

    /// Keeps what the services remembered when one of them failed, and says in the history why and what was done.
    private func keepFailure(_ path: String, _ reason: String, _ decision: RestartHistory.Decision) async {
        let consequence =
            switch decision {
            case .restart(let delay): "restart in \(delay)"
            case .leave: "left alone"
            case .giveUp: path.contains("/") ? "its group fails" : "the application stops"
            }
        let authorship = Authorship(
            author: UserName.current, origin: "tapd", comment: "service \"\(path)\" failed: \(reason); \(consequence)")
        do {
            _ = try await writer.commit { try $0.addRevision(.snapshot, by: authorship) }
            await tellRevisions()
        } catch {
            logger.error("the failure is not in the history", metadata: ["error": "\(error)"])
        }
    }

    /// Starts what a path names again: a service, or all that are in a group.
    private func restart(_ path: String) async {
        await beginChange()
        defer { endChange() }
        guard !isStopping, let planned = try? plans(of: application) else { return }
        states[path] = nil
        for plan in planned where plan.path == path || plan.path.hasPrefix(path + "/") {
            // Meanwhile somebody else may have started it.
            guard !services.contains(where: { $0.path == plan.path }) else { continue }
            await startOrReport(plan, "service restarted")
        }
        sortServices()
    }

    func startOrReport(_ plan: PlannedService, _ message: Logger.Message) async {
        do {
            try await start(plan)
            logger.notice(message, metadata: ["service": "\(plan.path)"])
            serviceManager.status(statusLine)
        } catch {
            report(.serviceEnded(plan, .failed("\(error)")))
        }
    }
}
