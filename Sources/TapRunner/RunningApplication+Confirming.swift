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
}
