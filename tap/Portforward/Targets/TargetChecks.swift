import NIOCore
import TapRelay
import Taproom

/// Tries targets at intervals, by making a connection to them.
///
/// Used on its event loop only.
final class TargetChecks {
    private let targets: TargetGroup
    private let health: TargetHealth
    private let loop: any EventLoop
    private let connector: Connector
    private var timer: Scheduled<Void>?
    private var isStopped = false
    private var isUnderWay: [Bool]

    init(_ targets: TargetGroup, _ health: TargetHealth, loop: any EventLoop) {
        (self.targets, self.health, self.loop) = (targets, health, loop)
        connector = Connector(timeout: .milliseconds(health.timeout.milliseconds))
        isUnderWay = targets.list.map { _ in false }
    }

    /// Tries them now, and again and again.
    func start() {
        guard !isStopped, let every = health.every else { return }
        for index in targets.list.indices where !isUnderWay[index] { check(index) }
        timer = loop.assumeIsolated().scheduleTask(in: .milliseconds(every.milliseconds)) { [self] in start() }
    }

    /// Tries them no more, and wants to know no more.
    func stop() {
        isStopped = true
        timer?.cancel()
        timer = nil
    }

    private func check(_ index: Int) {
        guard let address = targets.list[index].relayAddress else { return }
        isUnderWay[index] = true
        connector.connect(to: address, on: loop).assumeIsolated().whenComplete { [self] result in
            isUnderWay[index] = false
            switch result {
            case .success(let channel):
                channel.close(promise: nil)
                if !isStopped { targets.checked(index, isWell: true, "it was tried") }
            case .failure(let error):
                if !isStopped, !Connector.isOwnFault(error) {
                    targets.checked(index, isWell: false, Connector.reason(of: error))
                }
            }
        }
    }
}
