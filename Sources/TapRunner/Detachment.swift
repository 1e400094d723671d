import CTapSystem
import Glibc
package import Taproom

/// The way into the background: a child that serves, and a parent that waits until it does.
///
/// Until then the child belongs to the terminal: what goes wrong is said there, in full, and Ctrl-C ends it.
package struct Detachment: Sendable {
    private let ready: CInt

    /// Splits the process in two.
    ///
    /// To be called while there is one thread, before anything is opened that can't be in two processes.
    ///
    /// - Returns: in the child, what it says that it serves with; in the parent, how the parent should end: well when the
    ///   child serves, else as the child did.
    /// - Throws: ``DetachmentError``; there is one process then.
    package static func begin() throws(DetachmentError) -> Side {
        var ends: [CInt] = [-1, -1]
        guard tap_pipe(&ends) == 0 else { throw .noProcess(code: errno) }
        let child = tap_fork()
        guard child >= 0 else { throw .noProcess(code: errno) }
        guard child > 0 else {
            // Whoever waits for the end of a pipe that was inherited would wait as long as the application runs.
            if getenv("LISTEN_FDS") == nil { tap_close_others(ends[1]) } else { close(ends[0]) }
            return .child(Detachment(ready: ends[1]))
        }
        close(ends[1])
        return .parent(try outcome(of: child, ends[0]))
    }

    package enum Side: Sendable {
        case child(Detachment)
        case parent(ExitStatus)
    }

    private static func outcome(of child: pid_t, _ ready: CInt) throws(DetachmentError) -> ExitStatus {
        var byte: UInt8 = 0
        while true {
            let count = read(ready, &byte, 1)
            if count == 1 { return .done }
            if count == 0 || errno != EINTR { break }
        }
        var status: CInt = 0
        while waitpid(child, &status, 0) < 0, errno == EINTR {}
        let signal = status & 0x7F
        guard signal == 0 else { throw .killed(signal: signal) }
        return ExitStatus(rawValue: status >> 8 & 0xFF) ?? .software
    }

    /// Leaves the terminal, and lets the parent end well.
    package func serving() {
        setsid()
        let nowhere = open("/dev/null", O_RDWR | O_CLOEXEC)
        if nowhere >= 0 {
            for descriptor: CInt in 0...2 { dup2(nowhere, descriptor) }
            close(nowhere)
        }
        var byte: UInt8 = 1
        _ = write(ready, &byte, 1)
        close(ready)
    }
}

/// A child that never served.
package enum DetachmentError: ReportableError, Equatable {
    case noProcess(code: CInt)
    case killed(signal: CInt)

    package var description: String {
        switch self {
        case .noProcess(let code): "no process could be started: \(SystemCallError("fork", code: code).reason)"
        case .killed(let signal):
            "the application was ended by signal \(signal) (\(String(cString: strsignal(signal)))) before it served"
        }
    }

    package var exitStatus: ExitStatus { .software }
}
