import NIOCore
import NIOPosix
import Synchronization
import Taproom

/// What counts for connections that come now, from any thread; and who tries the targets and looks up their names at
/// intervals.
final class PlanSource: Sendable {
    private struct Contents {
        var plan: ForwardPlan
        var isRunning = false
        var checks: NIOLoopBound<TargetChecks>?
        var lookups: Task<Void, Never>?
    }

    /// How long the addresses of a name count.
    private static let lookup = Duration.seconds(30)

    private let contents: Mutex<Contents>

    init(_ plan: ForwardPlan) { contents = Mutex(Contents(plan: plan)) }

    /// What counts now.
    var plan: ForwardPlan { contents.withLock { $0.plan } }

    /// Has another plan count from now on; connections that are open go on as they began.
    func use(_ plan: ForwardPlan) {
        let isRunning = contents.withLock { contents in
            contents.plan = plan
            return contents.isRunning
        }
        plan.records.keep(plan.settings.to.elements)
        guard isRunning else { return }
        stop()
        start()
    }

    /// Looks names up from now on, and tries targets where the settings say so.
    func start() {
        let plan = contents.withLock { contents in
            contents.isRunning = true
            let addresses = contents.plan.addresses
            contents.lookups = Task {
                repeat { await addresses.refresh() } while (try? await Task.sleep(for: Self.lookup)) != nil
            }
            return contents.plan
        }
        guard plan.settings.health.every != nil else { return }
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        loop.execute { self.startChecks(plan, loop) }
    }

    private func startChecks(_ plan: ForwardPlan, _ loop: any EventLoop) {
        let checks = TargetChecks(plan.streams, plan.settings.health, loop: loop)
        let isWanted = contents.withLock { contents in
            guard contents.isRunning, contents.plan === plan, contents.checks == nil else { return false }
            contents.checks = NIOLoopBound(checks, eventLoop: loop)
            return true
        }
        if isWanted { checks.start() }
    }

    /// Looks nothing up and tries nothing any more.
    func stop() {
        let (checks, lookups) = contents.withLock { contents in
            defer { (contents.checks, contents.lookups, contents.isRunning) = (nil, nil, false) }
            return (contents.checks, contents.lookups)
        }
        lookups?.cancel()
        checks?.eventLoop.execute { checks?.value.stop() }
    }
}
