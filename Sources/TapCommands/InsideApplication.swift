import Glibc
import TapControl
import TapLog
import TapRunner
import Taproom

/// The running application that verbs of tapctl are typed inside of, and who types them.
struct InsideApplication: Sendable {
    let application: any ControlledApplication
    /// What answers call it: its tap, or the name of one in memory.
    let tap: String
    /// Whether its tap is encrypted.
    let isSealed: Bool
    let author: String
    /// Through what they are typed.
    let origin: String
    let role: ControlRole
    let logs: RecentLog?
    /// Ends what would go on for ever.
    let interruption: Interruption

    /// Whether a word names the tap.
    func isCalled(_ word: String) -> Bool {
        word == tap || !word.contains("/") && tap.hasSuffix("/" + word)
    }

    /// Checks that a description may be read here, with the rights of the application.
    ///
    /// Throws `ControlError` for those who may only look: what is wrong with a file shows lines of it.
    func checkDescription(_ path: String) throws {
        guard role >= .write else { throw ControlError.needsRole(.write, name: author) }
        guard path != "-" else { throw OutsideOnly(what: "reading standard input") }
        var file = stat()
        // A pipe could be waited for without an end.
        guard stat(path, &file) != 0 || file.st_mode & S_IFMT == S_IFREG else {
            throw OutsideOnly(what: "reading \(path)")
        }
    }

    /// Prints the newest lines of the log, and those that come until it is interrupted.
    func printLogs(newest count: Int, isFollowing: Bool, isJSON: Bool, _ invocation: Invocation) throws {
        guard let logs else { throw OutsideOnly(what: "reading a log that is not kept in memory") }
        let text = { @Sendable (line: RecentLog.Line) in Tapctl.Logs.text(line, isJSON: isJSON, .plain) }
        guard isFollowing else {
            invocation.console.print(logs.newest(count).map(text).joined())
            return
        }
        let (console, interruption) = (invocation.console, interruption)
        try Blocking.run {
            let following = Task {
                for await line in logs.follow(newest: count, text) {
                    // Whoever reads slowly keeps a thread waiting, but none of Swift's.
                    guard await TapctlShell.inThread({ console.print(line) }) else { return }
                }
            }
            interruption.onInterrupt { following.cancel() }
            await following.value
        }
    }
}

/// What a verb does with files, and so can't do inside of a running application.
struct OutsideOnly: ReportableError {
    /// What is not done, to be read in front of "is".
    var what: String
    var description: String { "\(what) is not possible inside of the running application" }
    var advice: String? { "Use tapctl where the files are." }
    var exitStatus: ExitStatus { .unavailable }
}
