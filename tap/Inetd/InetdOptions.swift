import ArgumentParser
public import Taproom

/// The options of `mktap inetd`.
public struct InetdOptions: ServiceOptions {
    @Option(
        name: .shortAndLong,
        help: ArgumentHelp(
            "Take the services of an inetd.conf; it is read once, and the settings keep what it says.",
            valueName: "file"))
    var file: LocalPath?

    @Flag(name: [.customShort("i"), .customLong("nointernal")], help: "Leave out the internal services of the file.")
    var skipsInternal = false

    @Option(name: .shortAndLong, help: ArgumentHelp("Not supported; says what to do instead.", valueName: "file"))
    var rpc: String?

    @OptionGroup var listening: ListenOptions

    @Option(name: .customLong("user"), help: InetdEntry.help("user", valueName: "name"))
    var user: String?

    @Flag(help: InetdEntry.help("wait"))
    var wait = false

    @Argument(
        parsing: .captureForPassthrough,
        help: ArgumentHelp("A program and its arguments, for connections to --port or --listen.", valueName: "command"))
    var command: [String] = []

    /// No options given.
    public init() {}

    /// The settings these options ask for.
    public func settings() throws -> InetdSettings {
        if rpc != nil { throw ValidationError("--rpc can't be: \(InetdFile.noRPC).") }
        var settings = InetdSettings()
        if let file { settings.entries = try entries(of: file.text) }
        var words = command
        if words.first == "--" { words.removeFirst() }
        let places = try listening.endpoints(default: [])
        guard words.isEmpty == places.elements.isEmpty else {
            throw ValidationError(
                words.isEmpty
                    ? "A program is missing for --listen: mktap inetd --listen ENDPOINT PROGRAM [ARGUMENT...]."
                    : "The program needs a place: add --port or --listen before it.")
        }
        guard let program = words.first else {
            if file == nil {
                throw ValidationError("Nothing is to be started: give --file, or --listen and a program.")
            }
            return settings
        }
        if program.contains("/"), let path = LocalPath(argument: program) { words[0] = path.text }
        var entry = InetdEntry()
        (entry.listen, entry.command, entry.user) = (places, words, user)
        entry.wait = wait || places.elements.contains(where: \.takesDatagrams)
        settings.entries.append(entry)
        return settings
    }

    private func entries(of path: String) throws -> [InetdEntry] {
        let bytes: [UInt8]
        do throws(SystemCallError) {
            bytes = try SmallFile.read(path, atMost: 1 << 20).bytes
        } catch {
            throw ValidationError("--file: \(error).")
        }
        let file = InetdFile(String(decoding: bytes, as: UTF8.self), skipsInternal: skipsInternal)
        guard file.problems.isEmpty else {
            throw ValidationError(file.problems.map { "\(path):\($0.line): \($0.text)." }.joined(separator: "\n"))
        }
        return file.entries
    }
}
