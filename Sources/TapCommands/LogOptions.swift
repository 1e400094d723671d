import ArgumentParser
import Logging
import TapData
import TapLog
import Taproom

/// Where a log goes, and how it looks there.
struct LogOptions: ParsableArguments {
    @Option(
        name: .shortAndLong,
        help: ArgumentHelp(
            "Log to this file; -: standard output, the default. Default with --daemon: beside the tap, .log.",
            valueName: "file"))
    var logfile: String?
    @Option(name: .long, help: ArgumentHelp("Log lines of text or of JSON.", valueName: "form"))
    var logFormat = LogConfiguration.Format.text
    @Option(
        name: .long,
        help: ArgumentHelp(
            "Log from this level on: trace, debug, info, notice, warning, error or critical.", valueName: "level"),
        transform: level)
    var logLevel = Logger.Level.notice
    @Option(
        name: .long,
        help: ArgumentHelp("Put the log file aside when it has this size; 0: never. Default: 10MB.", valueName: "size"),
        transform: size)
    var logSize = LogRotation().size
    @Option(
        name: .long, help: ArgumentHelp("Keep so many log files that were put aside. Default: 5.", valueName: "number"),
        transform: count)
    var logKeep = LogRotation().keep
    @Flag(name: .long, help: "Log to the syslog daemon of this machine.")
    var syslog = false
    @Option(name: .long, help: ArgumentHelp("The name of the program in syslog's lines.", valueName: "name"))
    var prefix = "tapd"

    func validate() throws {
        if syslog, logfile != nil { throw ValidationError("--syslog and --logfile exclude each other") }
    }

    /// Opens the log.
    ///
    /// `stem` is the path that the log stands beside when no place is named, with its ending replaced; nil: standard output.
    /// Throws `LogError`.
    func open(beside stem: String?) throws -> LogOutput {
        let standard = stem.map { SiblingFile.path(of: $0, ending: "log") }
        let file = (logfile ?? standard).flatMap { $0 == "-" ? nil : $0 }
        var destination = LogConfiguration.Destination.standardOutput
        if let file {
            let path = LocalPath(file, in: LocalPath.workingFolder).text
            destination = .file(path, LogRotation(size: logSize, keep: logKeep))
        }
        if syslog { destination = .syslog(prefix: prefix) }
        return try LogOutput(LogConfiguration(destination: destination, format: logFormat, level: logLevel))
    }

    @Sendable static func level(_ word: String) throws -> Logger.Level {
        guard let level = Logger.Level(rawValue: word) else {
            throw ValidationError(
                "\"\(word)\" is no level.\(suggestion(for: word, among: Logger.Level.allCases.map(\.rawValue)))")
        }
        return level
    }

    @Sendable static func size(_ text: String) throws -> ByteCount {
        guard let size = text == "0" ? ByteCount(bytes: 0) : ByteCount(text) else {
            throw ValidationError("\"\(text)\" is no size such as 500kB, 10MB or 1GB")
        }
        return size
    }

    @Sendable static func count(_ text: String) throws -> Int {
        guard let count = Int(text), (0...1000).contains(count) else {
            throw ValidationError("\"\(text)\" is no number from 0 to 1000")
        }
        return count
    }
}

extension LogConfiguration.Format: ExpressibleByArgument {}
