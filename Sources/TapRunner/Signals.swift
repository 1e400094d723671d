import Glibc
package import Taproom

/// The signals a runner listens to.
///
/// One thread waits for them, so that nothing runs in a signal handler.
package enum Signals {
    private static let watched = [SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2]

    /// Blocks the signals in this thread and all that it will start.
    ///
    /// Call it before any thread exists.
    package static func block() {
        var set = self.set
        pthread_sigmask(SIG_BLOCK, &set, nil)
        signal(SIGPIPE, SIG_IGN)
    }

    /// Starts the thread that waits.
    ///
    /// `receive` is called there with each signal's number.
    package static func wait(_ receive: @escaping @Sendable (CInt) -> Void) throws(SystemCallError) {
        let box = Unmanaged.passRetained(Receiver(receive))
        var thread = pthread_t()
        let code = pthread_create(
            &thread, nil,
            { argument in
                guard let argument else { return nil }
                let receiver = Unmanaged<Receiver>.fromOpaque(argument).takeRetainedValue()
                var set = Signals.set
                var number: CInt = 0
                while sigwait(&set, &number) == 0 { receiver.receive(number) }
                return nil
            }, box.toOpaque())
        guard code == 0 else {
            box.release()
            throw SystemCallError("start a thread", code: code)
        }
        pthread_detach(thread)
    }

    private static var set: sigset_t {
        var set = sigset_t()
        sigemptyset(&set)
        for number in watched { sigaddset(&set, number) }
        return set
    }

    private final class Receiver: Sendable {
        let receive: @Sendable (CInt) -> Void
        init(_ receive: @escaping @Sendable (CInt) -> Void) { self.receive = receive }
    }
}
