import CTapSystem
import NIOCore
package import NIOPosix

/// The event loops that all services of a process share.
package enum EventLoops {
    /// One for each processor that the process may use.
    ///
    /// NIO's own shared group counts all processors of the machine, also where the process is bound to fewer of them:
    /// loops without a processor of their own interrupt each other, and each of them finds less to do at once.
    package static let shared = MultiThreadedEventLoopGroup(
        numberOfThreads: max(1, min(System.coreCount, Int(tap_processors()))))
}
