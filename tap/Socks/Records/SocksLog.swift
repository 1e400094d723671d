import NIOCore
import NIOPosix
import Synchronization
import TapAccessLog
import TapNetwork

/// Where requests are noted, and how.
struct SocksLog: Sendable {
    let file: AccessLogFile
    let format: SocksAccessLog.Format
}

/// The lines that event loops have written and not yet handed over.
final class LoopLines: Sendable {
    private let byLoop = Mutex<[ObjectIdentifier: NIOLoopBound<AccessPages>]>([:])

    /// Those of an event loop; called on it.
    func pages(on loop: any EventLoop) -> AccessPages {
        let bound = byLoop.withLock { byLoop in
            if let bound = byLoop[ObjectIdentifier(loop)] { return bound }
            let bound = NIOLoopBound(AccessPages(on: loop), eventLoop: loop)
            byLoop[ObjectIdentifier(loop)] = bound
            return bound
        }
        return bound.value
    }

    /// Hands all lines over, also those that are on their way to their event loops.
    func handOver() async {
        for loop in EventLoops.shared.makeIterator() { try? await loop.submit {}.get() }
        for bound in byLoop.withLock({ Array($0.values) }) {
            try? await bound.eventLoop.submit { bound.value.handOver() }.get()
        }
    }
}
