import Glibc
import Logging
import Synchronization
import Taproom

/// What the signals to stop ask for: the first one to stop, the second to hurry, the third to end at once.
final class StopSignals: Sendable {
    private let count = Mutex(0)
    private let logger: Logger
    private let stop: @Sendable () -> Void

    init(_ logger: Logger, stop: @escaping @Sendable () -> Void) {
        self.logger = logger
        self.stop = stop
    }

    func receive() {
        let number = count.withLock { count in
            count += 1
            return count
        }
        guard number > 2 else { return stop() }
        // Whatever hangs must not keep this from happening.
        logger.critical("ended at once by a third signal; what was not on disk is lost")
        _exit(ExitStatus.inputOutput.rawValue)
    }
}
