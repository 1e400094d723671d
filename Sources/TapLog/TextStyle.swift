import Glibc

/// How text looks where it goes.
package enum TextStyle: Sendable, Equatable {
    case plain
    /// For a terminal.
    case coloured
    /// For the journal of systemd.
    case journal

    /// The variables of a process that decide about it.
    package struct Surroundings: Sendable {
        /// The device and the inode of the journal's stream: systemd.exec(5).
        var journalStream: String?
        /// Asks for no colour unless it is empty: https://no-color.org.
        var noColor: String?
        /// What the terminal can do.
        var terminal: String?

        /// Those of this process.
        package static var ofProcess: Surroundings {
            func variable(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }
            return Surroundings(
                journalStream: variable("JOURNAL_STREAM"), noColor: variable("NO_COLOR"), terminal: variable("TERM"))
        }
    }

    /// The style for an open file.
    package init(for descriptor: CInt, in surroundings: Surroundings = .ofProcess) {
        var file = stat()
        if fstat(descriptor, &file) == 0, surroundings.journalStream == "\(file.st_dev):\(file.st_ino)" {
            self = .journal
        } else if isatty(descriptor) == 1, (surroundings.noColor ?? "").isEmpty,
            let terminal = surroundings.terminal, terminal != "dumb"
        {
            self = .coloured
        } else {
            self = .plain
        }
    }
}
