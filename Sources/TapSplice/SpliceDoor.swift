import CTapSystem
import Glibc
import Logging
import TapNetwork
import Taproom

/// One listening socket on one loop.
///
/// Used on the thread of the loop only.
final class SpliceDoor {
    /// How many connections are accepted before others get their turn.
    private static let mostAtOnce = 16
    /// How long nothing is accepted after the system could not give a connection, in nanoseconds.
    private static let errorPause: Int64 = 250_000_000

    let file: CInt
    var number = 0
    var isWatched = false
    /// Whether it waits for the system to be able to give connections again.
    private(set) var isPaused = false
    let isTCP: Bool
    let server: SpliceServer
    let endpoint: Endpoint
    let figures: EndpointFigures

    init(_ file: CInt, _ endpoint: Endpoint, _ figures: EndpointFigures, _ server: SpliceServer) {
        (self.file, self.endpoint, self.figures, self.server) = (file, endpoint, figures, server)
        isTCP = if case .unix = endpoint.address { false } else { true }
    }

    deinit { close(file) }

    /// Accepts those who wait, as long as there is room.
    func accept(_ loop: SpliceLoop) {
        if isPaused {
            isPaused = false
            loop.resume(self)
        }
        guard isWatched else { return }
        let number = number
        // Each takes another file for its target, and other threads take some of the same at the same time.
        let files = FileReserve.distance
        guard files > 1 else { return pause(loop, EMFILE) }
        var name = SocketName()
        for _ in 0..<min(Self.mostAtOnce, max(files / 8, 1)) {
            guard server.takeRoom(orWait: { loop.execute { $0.roomIsThere(number) } }) else {
                figures.notePause(.limit)
                return loop.pause(self)
            }
            let client = name.write { tap_accept(file, $0, $1) }
            guard client >= 0 else {
                let code = errno
                server.giveBackRoom()
                if code != EAGAIN, code != ECONNABORTED, code != EINTR { pause(loop, code) }
                return
            }
            server.accepted(client, name, self, loop)
        }
    }

    /// Takes the listening socket out of what is watched: the connection that can't be accepted would make it ready all the
    /// time.
    private func pause(_ loop: SpliceLoop, _ code: CInt) {
        figures.notePause(.error)
        server.noteFailure(code)
        loop.pause(self)
        isPaused = true
        loop.lookWithin(Self.errorPause)
    }
}
