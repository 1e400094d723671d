import Glibc
import TapData
import TapProcess

/// What is remembered of a program: how often it was started, and how it ended the last times.
struct ProgramHistory: Codable, Equatable, Sendable {
    /// How many endings are kept.
    static let endings = 20

    /// One end of the program.
    struct Ending: Codable, Equatable, Sendable {
        /// When it ended.
        var time: String
        /// The status it ended with.
        var status: Int?
        /// The signal that ended it, or its number.
        var signal: String?
        /// Why it could not be started.
        var problem: String?
        /// How long it lived, in milliseconds.
        var livedMilliseconds: Int64
        /// Why it was ended, when it did not end by itself.
        var reason: String?
    }

    /// How often it was started.
    var starts = 0
    /// How often it was started again because it had ended, or was not well.
    var restarts = 0
    /// How often it has failed.
    var failures = 0
    /// The last ends, the oldest first.
    var lastEndings: [Ending] = []

    /// Adds an end.
    mutating func add(_ ending: Ending, isFailure: Bool) {
        if isFailure { failures += 1 }
        lastEndings.append(ending)
        if lastEndings.count > ProgramHistory.endings { lastEndings.removeFirst() }
    }
}

extension ProgramHistory.Ending {
    /// An end that has just come.
    init(_ ending: ChildEnding, of program: String, livedMilliseconds: Int64, reason: String?) {
        time = Timestamp.now
        self.livedMilliseconds = livedMilliseconds
        self.reason = reason
        switch ending {
        case .exited(let status): self.status = Int(status)
        case .killed(let signal): self.signal = SignalName.text(signal)
        case .notStarted(let failure): problem = "\(failure.error(of: program))"
        }
    }
}

/// Names of signals.
enum SignalName {
    private static let names: [CInt: String] = [
        SIGHUP: "HUP", SIGINT: "INT", SIGQUIT: "QUIT", SIGILL: "ILL", SIGTRAP: "TRAP", SIGABRT: "ABRT", SIGBUS: "BUS",
        SIGFPE: "FPE", SIGKILL: "KILL", SIGUSR1: "USR1", SIGSEGV: "SEGV", SIGUSR2: "USR2", SIGPIPE: "PIPE",
        SIGALRM: "ALRM", SIGTERM: "TERM", SIGXCPU: "XCPU", SIGXFSZ: "XFSZ", SIGSYS: "SYS",
    ]

    /// The name without SIG, or the number.
    static func text(_ signal: CInt) -> String { names[signal] ?? String(signal) }

    /// The number of a name.
    static func number(_ signal: ProcmonSettings.StopSignal) -> CInt {
        names.first { $0.value == signal.rawValue }?.key ?? SIGTERM
    }
}
