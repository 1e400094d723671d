import NIOCore
import NIOPosix
import Synchronization
import Taproom

/// What counts for connections that come now, from any thread; and who tries the targets at intervals.
final class PlanSource: Sendable {
    private struct Contents {
        var plan: ForwardPlan
        var checks: NIOLoopBound<TargetChecks>?
        var isChecking = false
    }

    private let contents: Mutex<Contents>

    init(_ plan: ForwardPlan) { contents = Mutex(Contents(plan: plan)) }

    /// What counts now.
    var plan: ForwardPlan { contents.withLock { $0.plan } }

    /// Has another plan count from now on; connections that are open go on as they began.
    func use(_ plan: ForwardPlan) {
        let isChecking = contents.withLock { contents in
            contents.plan = plan
            return contents.isChecking
        }
        plan.records.keep(plan.settings.to.elements)
        guard isChecking else { return }
        stopChecks()
        startChecks()
    }

    /// Tries targets from now on, where the settings say so.
    func startChecks() {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let plan = contents.withLock { contents in
            contents.isChecking = true
            return contents.plan
        }
        guard plan.settings.health.every != nil else { return }
        loop.execute {
            let checks = TargetChecks(plan.streams, plan.settings.health, loop: loop)
            let isWanted = self.contents.withLock { contents in
                guard contents.isChecking, contents.plan === plan, contents.checks == nil else { return false }
                contents.checks = NIOLoopBound(checks, eventLoop: loop)
                return true
            }
            if isWanted { checks.start() }
        }
    }

    /// Tries no target any more.
    func stopChecks() {
        let checks = contents.withLock { contents in
            defer { (contents.checks, contents.isChecking) = (nil, false) }
            return contents.checks
        }
        checks?.eventLoop.execute { checks?.value.stop() }
    }
}
