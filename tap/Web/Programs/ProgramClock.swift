import NIOCore

/// Tells when nothing has happened for too long.
///
/// Used on its event loop. Most often something happens: that costs a look at the time, and no timer.
final class ProgramClock {
    private let loop: any EventLoop
    private let limit: TimeAmount
    private var last: NIODeadline
    private var isPaused = false
    private var task: Scheduled<Void>?
    private var whenUp: (() -> Void)?

    init(_ loop: any EventLoop, _ limit: TimeAmount, whenUp: @escaping () -> Void) {
        (self.loop, self.limit, self.whenUp) = (loop, limit, whenUp)
        last = loop.now
        schedule(last + limit)
    }

    /// Something happened.
    func touch() { last = loop.now }

    /// Whether time does not count.
    func pause(_ isPaused: Bool) {
        guard self.isPaused != isPaused else { return }
        self.isPaused = isPaused
        touch()
    }

    /// Tells no more.
    func stop() {
        task?.cancel()
        (task, whenUp) = (nil, nil)
    }

    private func schedule(_ deadline: NIODeadline) {
        task = loop.assumeIsolated().scheduleTask(deadline: deadline) { [weak self] in self?.check() }
    }

    private func check() {
        guard let whenUp else { return }
        if isPaused { touch() }
        guard loop.now < last + limit else {
            stop()
            whenUp()
            return
        }
        schedule(last + limit)
    }
}
