import ArgumentParser
public import Taproom

/// The options of `mktap procmon`.
public struct ProcmonOptions: ServiceOptions {
    @Option(name: .shortAndLong, help: ProcmonSettings.help("threshold", valueName: "seconds"))
    var threshold: String?

    @Option(name: .shortAndLong, help: ProcmonSettings.help("killtime", valueName: "seconds"))
    var killtime: String?

    @Option(
        name: [.customShort("m"), .customLong("minrestartdelay")],
        help: ProcmonSettings.help("minimumDelay", valueName: "seconds"))
    var minimumDelay: String?

    @Option(
        name: [.customShort("M"), .customLong("maxrestartdelay")],
        help: ProcmonSettings.help("maximumDelay", valueName: "seconds"))
    var maximumDelay: String?

    @Option(help: ProcmonSettings.help("folder", valueName: "folder"))
    var folder: LocalPath?

    @Option(help: ArgumentHelp("Set a variable of the program. Can be repeated.", valueName: "name=value"))
    var env: [String] = []

    @Option(help: ProcmonSettings.help("user", valueName: "name"))
    var user: String?

    @Option(help: ProcmonSettings.help("group", valueName: "name"))
    var group: String?

    @Argument(
        parsing: .captureForPassthrough,
        help: ArgumentHelp(
            "The program and its arguments; everything from here on belongs to it.", valueName: "command"))
    var command: [String] = []

    /// No options given.
    public init() {}

    /// The settings these options ask for.
    public func settings() throws -> ProcmonSettings {
        var settings = ProcmonSettings()
        var words = command
        if words.first == "--" { words.removeFirst() }
        guard let program = words.first, !program.isEmpty else {
            throw ValidationError("A program is missing: mktap procmon [options] PROGRAM [ARGUMENT...].")
        }
        // A path is taken from here, and not from the folder that the program will work in.
        if program.contains("/"), let path = LocalPath(argument: program) { words[0] = path.text }
        settings.command = words
        settings.threshold = try time("threshold", threshold) ?? settings.threshold
        settings.killtime = try time("killtime", killtime) ?? settings.killtime
        settings.minimumDelay = try time("minrestartdelay", minimumDelay) ?? settings.minimumDelay
        settings.maximumDelay = try time("maxrestartdelay", maximumDelay) ?? settings.maximumDelay
        settings.folder = folder ?? settings.folder
        (settings.user, settings.group) = (user, group)
        for variable in env {
            guard let equals = variable.firstIndex(of: "="), equals > variable.startIndex else {
                throw ValidationError("--env must be written NAME=VALUE, but is \"\(variable)\".")
            }
            settings.environment[String(variable[..<equals])] = String(variable[variable.index(after: equals)...])
        }
        return settings
    }

    /// A length of time: a number is in seconds.
    private func time(_ option: String, _ text: String?) throws -> TimeSpan? {
        guard let text else { return nil }
        if let span = TimeSpan(text) { return span }
        guard let seconds = Double(text), (0...315_360_000).contains(seconds) else {
            throw ValidationError(
                "--\(option) must be a number of seconds, or one with ms, s, m, h or d, but is \"\(text)\".")
        }
        return TimeSpan(milliseconds: Int64((seconds * 1000).rounded()))
    }
}
