import Logging
import TapConfig
import TapControl
import TapFile
import Taproom

extension RunningApplication {
    func confirm(by authorship: Authorship) async throws -> Int {
        await beginChange()
        defer { endChange() }
        let revision = try await writer.perform { tap in
            try tap.commit {
                try tap.checkExpected(by: authorship)
                return try tap.confirm()
            }
        }
        awaitConfirmation(nil)
        logger.notice("change confirmed", metadata: ["revision": "\(revision)", "by": "\(authorship.author)"])
        return revision
    }

    /// Takes a change back at its deadline; nil: none waits any more.
    func awaitConfirmation(_ waiting: Confirmation?) {
        confirmation?.cancel()
        confirmation = waiting.map { waiting in
            Task {
                // By the clock on the wall, as the deadline is written: it may be put right meanwhile.
                while !waiting.isOver {
                    let rest = Duration.milliseconds(waiting.deadline - Confirmation.now)
                    guard (try? await Task.sleep(for: min(max(rest, .zero), .seconds(10)))) != nil else { return }
                }
                await takeBackUnconfirmed(waiting)
            }
        }
    }

    private func takeBackUnconfirmed(_ waiting: Confirmation) async {
        let author = UserName.current
        do {
            let outcome = try await change { tap, application in
                guard try tap.confirmation() == waiting else {
                    return DecidedChange(ApplicationChange(from: application, to: application, services: []))
                }
                let scope = RollbackScope(settings: true, state: false)
                var change = ApplicationChange(
                    from: application, to: try tap.application(rolledBackTo: waiting.fallback, scope))
                change.replaceState(of: try tap.services(withOtherStateAt: waiting.fallback, scope))
                return DecidedChange(change)
            } store: { tap, _ in
                try tap.takeBackUnconfirmed(status: .pending, by: author, origin: "tapd")
            }
            guard let revision = outcome.revision else { return }
            logger.warning(
                "a change was not confirmed in time and is taken back",
                metadata: ["revision": "\(waiting.revision)", "until": "\(waiting.time)", "now": "\(revision)"])
        } catch {
            logger.error(
                "a change was not confirmed in time and can't be taken back",
                metadata: ["revision": "\(waiting.revision)", "until": "\(waiting.time)", "error": "\(error)"])
        }
    }

    func restart(_ service: String, by authorship: Authorship) async throws {
        await beginChange()
        defer { endChange() }
        guard !isStopping else { throw StateError.closed }
        let application = application
        guard application.service(at: service) != nil else {
            throw ControlError.unknownService(service, known: application.servicesByPath.map(\.path))
        }
        guard application.isActive(service) else { throw ControlError.notActive(service) }
        let meant = application.servicesByPath.filter { path, definition in
            (path == service || path.hasPrefix(service + "/")) && !definition.isGroup && application.isActive(path)
        }
        var work = ServiceSwitch(ChangePlan(restarting: meant.map { ($0.path, $0.service.kind) }), sockets)
        try work.prepare(application, kinds: kinds, passed: passed) { _ in false }
        do {
            let identities = try await writer.perform { [paths = work.pathsToMake] tap in
                try tap.checkExpected(by: authorship)
                return Dictionary(try paths.map { ($0, try tap.identity(of: $0) ?? 0) }) { first, _ in first }
            }
            try await makeServices(&work, identities)
        } catch {
            for service in work.made { discardUnlessUsed(service.identity) }
            work.abandon()
            throw error
        }
        await carryOut(work)
        logger.notice(
            "restarted", metadata: ["service": "\(service)", "by": "\(authorship.author)"])
    }
}
