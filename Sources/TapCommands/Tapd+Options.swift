import ArgumentParser
import Glibc
import TapConfig
import TapData
import TapRunner
import Taproom

extension Tapd {
    /// What runs.
    struct SourceOptions: ParsableArguments {
        @Option(name: .shortAndLong, help: ArgumentHelp("Run this tap.", valueName: "tap"))
        var file: String?
        @Option(
            name: [.customShort("y"), .long],
            help: ArgumentHelp("Run this description, YAML or JSON, by way of a tap.", valueName: "file"))
        var description: String?
        @Option(
            name: .long, help: ArgumentHelp("Where the tap of a description is. Default: beside it.", valueName: "tap"))
        var tap: String?
        @Option(
            name: .long,
            help: ArgumentHelp(
                "What the tap of a description begins with when it is made, as tapctl export --state writes it.",
                valueName: "file"))
        var state: String?
        @Option(
            name: .long,
            help: ArgumentHelp("Where file and run-time change disagree, take: file or running.", valueName: "side"))
        var onConflict: Merge.Side?
        @Option(
            name: .long,
            help: ArgumentHelp(
                "Start from this revision, snapshot or time, as a new revision.", valueName: "point"))
        var snapshot: String?
        @Flag(name: .long, help: "Leave services of unknown kinds alone, untouched, and run the others.")
        var quarantine = false
        @Flag(
            name: .shortAndLong,
            help: "The tap is encrypted, or is to be when it is made. What is encrypted is recognised without this too."
        )
        var encrypted = false
        @OptionGroup var passphrase: PassphraseOptions
    }

    /// What is kept.
    struct SavingOptions: ParsableArguments {
        @Flag(name: [.customShort("o"), .long], help: "Do not store state at the end.")
        var noSave = false
        @Option(
            name: .long,
            help: ArgumentHelp(
                "Make a snapshot so often when something has changed: 10s, 5m, 1h, 1d.", valueName: "duration"),
            transform: interval)
        var saveEvery: TimeSpan?

        @Sendable static func interval(_ text: String) throws -> TimeSpan {
            guard let span = TimeSpan(text), span.milliseconds >= 100 else {
                throw ValidationError("\"\(text)\" is no duration of 100ms or more, such as 30s, 5m or 1h")
            }
            return span
        }
    }

    /// What process it runs in.
    struct ProcessOptions: ParsableArguments {
        @Flag(name: [.customShort("D"), .long], help: "Go into the background when the application serves.")
        var daemon = false
        @Flag(name: .shortAndLong, help: "Stay in the foreground, which is the default.")
        var nodaemon = false
        @Option(
            name: .long,
            help: ArgumentHelp(
                "Keep the number of the process here; empty: nowhere. Default with --daemon: beside the tap, .pid.",
                valueName: "file"))
        var pidfile: String?
        @Option(
            name: [.customShort("d"), .long], help: ArgumentHelp("Work in this folder.", valueName: "folder"))
        var rundir: String?
        @Option(
            name: .long, help: ArgumentHelp("Make this the root folder before root is given up.", valueName: "folder"))
        var chroot: String?
        @Option(
            name: .long,
            help: ArgumentHelp(
                "Take these permissions from new files. Default with --daemon: 077.", valueName: "octal"),
            transform: mask)
        var umask: mode_t?
        @Option(
            name: .shortAndLong, help: ArgumentHelp("Run as this user, not the one the tap names.", valueName: "user"))
        var uid: String?
        @Option(
            name: .shortAndLong, help: ArgumentHelp("Run as this group, not the one the tap names.", valueName: "group")
        )
        var gid: String?
        @Flag(name: .long, help: "Change the effective user only, so that root can be had back. Less safe.")
        var euid = false
        @Option(
            name: .long,
            help: ArgumentHelp(
                """
                The control socket, a path; or tcp:PORT:interface=127.0.0.1 to be controlled there too, with tokens. \
                Default: the tap's path with .sock for its ending.
                """, valueName: "place"))
        var control: [String] = []
        @Option(
            name: .long,
            help: ArgumentHelp("Members of this group may look through the control socket.", valueName: "group"))
        var controlGroup: String?
        @Option(
            name: .shortAndLong, help: ArgumentHelp("How events are waited for: default or epoll.", valueName: "name"),
            transform: reactor)
        var reactor = "default"
        @Flag(name: .long, help: "List the ways to wait for events.")
        var helpReactors = false

        @Sendable static func mask(_ text: String) throws -> mode_t {
            guard let mask = mode_t(text, radix: 8), mask <= 0o777, !text.hasPrefix("+") else {
                throw ValidationError("\"\(text)\" is no octal number from 0 to 777, such as 077")
            }
            return mask
        }

        @Sendable static func reactor(_ name: String) throws -> String {
            let names = Tapd.reactors.map(\.name)
            guard names.contains(name) else {
                throw ValidationError(
                    "there is no reactor \"\(name)\".\(suggestion(for: name, among: names)) --help-reactors explains them"
                )
            }
            return name
        }
    }

    /// The ways to wait for events that there are.
    static let reactors: [(name: String, summary: String)] = [
        ("default", "the best for this system: epoll"),
        ("epoll", "epoll(7), one event loop for each processor core"),
    ]
}

/// Options that twistd had and tapd does not, and what is used instead.
enum FormerOptions {
    private static let table: [(names: [String], instead: String)] = [
        (
            ["-s", "--source", "-x", "--xml"],
            "a tap has no source or XML form: 'tapctl export' writes a description, and 'tapd -y' runs it"
        ),
        (["--python"], "a description is YAML or JSON and is run with -y; code of one's own is a kind"),
        (
            ["--plugin"],
            "a kind of one's own is compiled into a program that has all the tools, or is a program that a manifest describes"
        ),
        (["--no_save"], "it is written --no-save, or -o"),
        (["-q", "--quiet"], "use --log-level warning"),
        (["-b", "--debug"], "use --log-level debug, and a debugger on the process"),
        (["--spew"], "use --log-level trace, or a tracer such as strace or perf on the process"),
        (
            ["-p", "--profile", "--profiler", "--savestats", "--nothotshot", "--report-profile"],
            "use a profiler on the process, such as 'perf record'"
        ),
        (["--logger"], "where the log goes is said with -l, --syslog and --log-format"),
        (["--originalname"], "the process keeps the name it was started under anyway"),
        (["-t", "--threaded"], "it always uses all processor cores"),
    ]

    /// What to do instead of using an option; nil: it never was one.
    static func advice(for word: String) -> String? {
        let name = String(word.prefix { $0 != "=" })
        return table.first { $0.names.contains(name) }.map { "\(name) is gone: \($0.instead)" }
    }
}

extension Merge.Side: ExpressibleByArgument {}
