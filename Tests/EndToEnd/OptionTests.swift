import Glibc
import TapTesting
import Testing

/// The options of twistd in all its years: there, or refused with what to use instead.
@Suite(.serialized, .timeLimit(.minutes(5)))
struct OptionTests {
    private let bench: Bench

    init() throws { bench = try Bench() }

    private func run(_ words: [String]) async throws -> Program.Outcome {
        try await Program.run("\(Bench.programs)/tapd", words, in: bench.folder.path)
    }

    @Test(arguments: [
        ("-s site.tas", "-s", "'tapd -y'"), ("--source site.tas", "--source", "'tapctl export'"),
        ("-x site.tax", "-x", "'tapd -y'"), ("--xml=site.tax", "--xml", "'tapctl export'"),
        ("--python site.tac", "--python", "run with -y"), ("--plugin web", "--plugin", "a kind of one's own"),
        ("-f site.tap --no_save", "--no_save", "--no-save"), ("-q -f site.tap", "-q", "--log-level warning"),
        ("--quiet -f site.tap", "--quiet", "--log-level warning"), ("-b -f site.tap", "-b", "--log-level debug"),
        ("--debug -f site.tap", "--debug", "a debugger"), ("--spew -f site.tap", "--spew", "--log-level trace"),
        ("-p out -f site.tap", "-p", "'perf record'"), ("--profile out web", "--profile", "'perf record'"),
        ("--profile=out web", "--profile", "'perf record'"), ("--profiler cprofile web", "--profiler", "a profiler"),
        ("--savestats web", "--savestats", "a profiler"), ("--nothotshot web", "--nothotshot", "a profiler"),
        ("--report-profile me web", "--report-profile", "a profiler"),
        ("--logger my.log web", "--logger", "-l, --syslog"),
        ("--originalname web", "--originalname", "keeps the name"), ("-t web", "-t", "all processor cores"),
        ("--threaded web", "--threaded", "all processor cores"),
    ])
    func whatIsGoneIsNamedWithItsSubstitute(_ words: String, _ option: String, _ substitute: String) async throws {
        let outcome = try await run(words.split(separator: " ").map(String.init))
        #expect(outcome.status == 64)
        #expect(outcome.errors.hasPrefix("tapd: \(option) is gone: "))
        #expect(outcome.errors.contains(substitute))
        #expect(outcome.errors.split(separator: "\n").count == 1)
        #expect(names(of: bench) == [])
    }

    @Test(arguments: [["export", "--help"], ["help", "export"], ["export", "-h"]])
    func aVerbExplainsItself(words: [String]) async throws {
        let help = try await bench.run("tapctl", words)
        #expect(help.status == 0)
        #expect(help.output.contains("USAGE: tapctl export [TAP] [--at POINT] [--into FILE]\n"))
        #expect(help.output.contains("--into <file>"))
    }

    @Test(arguments: ["site.tac", "site.py", "site.tas", "site.tax"])
    func aProgramIsNoDescription(_ file: String) async throws {
        try bench.folder.write("application = None\n", to: file)
        let outcome = try await run(["-y", file])
        #expect(outcome.status == 64)
        #expect(outcome.errors.hasPrefix("tapd: \(file): "))
        #expect(outcome.errors.contains("a description is YAML or JSON"))
    }

    @Test(arguments: [
        "--nodaemon", "-n", "--file", "-f", "-y", "--encrypted", "-e", "--no-save", "-o", "--rundir", "-d", "--chroot",
        "--uid", "-u", "--gid", "-g", "--euid", "--umask", "--pidfile", "--logfile", "-l", "--syslog", "--prefix",
        "--reactor", "-r", "--help-reactors", "--version", "--help",
    ])
    func whatIsThereIsInTheHelp(_ option: String) async throws {
        let outcome = try await run(["--help"])
        #expect(outcome.status == 0)
        let words = outcome.output.split { " ,\n/[]".contains($0) }
        #expect(words.contains { $0 == option })
    }

    @Test(arguments: [
        (["-D", "-n", "web"], "--daemon and --nodaemon exclude each other"),
        (["-D", "-l", "-", "web"], "-l - writes to the terminal, which --daemon leaves: name a file"),
        (["--syslog", "-l", "log", "web"], "--syslog and --logfile exclude each other"),
        (["-f", "a.tap", "web"], "-f, -y and a kind exclude each other"),
        (["-f", "a.tap", "-y", "a.yaml"], "-f, -y and a kind exclude each other"),
        (["--umask", "8", "web"], "\"8\" is no octal number from 0 to 777, such as 077"),
        (["--umask", "1000", "web"], "\"1000\" is no octal number from 0 to 777, such as 077"),
        (["--umask=-1", "web"], "\"-1\" is no octal number from 0 to 777, such as 077"),
        (["--log-size", "much", "web"], "\"much\" is no size such as 500kB, 10MB or 1GB"),
        (["--log-keep", "1001", "web"], "\"1001\" is no number from 0 to 1000"),
        (["--log-level", "eror", "web"], "\"eror\" is no level. Did you mean \"error\"?"),
        (["--save-every", "1", "web"], "\"1\" is no duration of 100ms or more, such as 30s, 5m or 1h"),
        (
            ["-r", "nosuch", "web"],
            "there is no reactor \"nosuch\". Allowed: default, epoll. --help-reactors explains them"
        ),
        (["--snapshot", "1", "web"], "an application in memory has no earlier points for --snapshot"),
    ])
    func whatMakesNoSenseIsRefused(_ words: [String], _ problem: String) async throws {
        let outcome = try await run(words)
        #expect(outcome.status == 64)
        #expect(outcome.errors.contains(problem))
        #expect(outcome.errors.hasSuffix("See 'tapd --help'.\n"))
        #expect(names(of: bench) == [])
    }

    @Test func reactorsAreListed() async throws {
        let outcome = try await run(["--help-reactors"])
        #expect(outcome.status == 0)
        #expect(outcome.output.contains("  default  ") && outcome.output.contains("  epoll "))
        #expect(outcome.errors == "")
    }

    @Test func theHelpNamesWhatASignalDoes() async throws {
        let help = try await run(["--help"]).output
        for signal in ["SIGTERM", "SIGINT", "SIGHUP", "SIGUSR1", "SIGUSR2"] { #expect(help.contains(signal)) }
    }
}
