import CTapSystem
import Dispatch
import Glibc
import Taproom

/// A real program under test.
///
/// What it writes to standard output is read line by line while it runs; standard error goes into a file. A program that
/// still runs when this goes is killed.
public final class Program: @unchecked Sendable {
    // Sendable because after `init` the fields that change are only touched on this queue.
    private let queue = DispatchQueue(label: "program under test")

    /// How a program ended.
    public struct Outcome: Sendable, Equatable {
        /// The exit status, or 128 and the number of the signal that ended it.
        public var status: Int32
        /// All it wrote to standard output.
        public var output: String
        /// All it wrote to standard error.
        public var errors: String
    }

    /// How long an expected line or end is waited for before the test fails, in milliseconds.
    private static let patience: CInt = 60_000

    /// The process.
    public let process: Int32
    private let reader: CInt
    private let errorFile: String
    private var output: [UInt8] = []
    private var isReaped = false

    /// Starts a program.
    ///
    /// - Parameters:
    ///   - path: the program: a path, or a name that is looked for in `PATH`.
    ///   - arguments: its arguments.
    ///   - folder: the folder it works in, where it need not be allowed to write.
    ///   - environment: variables besides those of the test.
    /// - Throws: ``SystemCallError``.
    public init(_ path: String, _ arguments: [String], in folder: String, environment: [String: String] = [:]) throws {
        var ends: [CInt] = [0, 0]
        guard pipe(&ends) == 0 else { throw SystemCallError("make a pipe") }
        reader = ends[0]
        errorFile = "\(TemporaryFolder.parent)/.taproom-errors.\(ends[0]).\(UInt64.random(in: 0..<(1 << 40)))"
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
        posix_spawn_file_actions_addopen(&actions, 2, errorFile, O_WRONLY | O_CREAT, 0o600)
        // Sockets of services that run in this process are not closed by themselves: who had them too would keep the clients
        // of these services waiting for the end.
        tap_spawn_closing(&actions, 3)
        // The shell changes the folder, which posix_spawn can't, and is replaced by the program.
        let words = ["/bin/sh", "-c", "cd \"$0\" && exec \"$@\"", folder, path] + arguments
        process = try Program.spawn(words, Program.variables(environment), &actions)
        close(ends[1])
    }

    deinit {
        if !isReaped {
            kill(process, SIGKILL)
            waitpid(process, nil, 0)
        }
        close(reader)
        unlink(errorFile)
    }

    /// Runs a program to its end.
    ///
    /// - Parameters:
    ///   - path: the program: a path, or a name that is looked for in `PATH`.
    ///   - arguments: its arguments.
    ///   - folder: the folder it works in.
    ///   - environment: variables besides those of the test.
    /// - Returns: how it ended and what it wrote.
    /// - Throws: ``SystemCallError``, or ``Timeout`` when it does not come to an end.
    public static func run(
        _ path: String, _ arguments: [String], in folder: String, environment: [String: String] = [:]
    ) async throws -> Outcome {
        try await Program(path, arguments, in: folder, environment: environment).end()
    }

    /// A program that did not do in time what was waited for.
    public struct Timeout: Error, CustomStringConvertible {
        /// What was waited for, and what was written until then.
        public let description: String
    }

    /// Waits for a line on standard output, from its beginning on, that contains a text, and answers it.
    ///
    /// Throws ``Timeout`` when the program ends or a minute passes without it.
    public func line(containing text: String) async throws -> String {
        try await offPool(queue) { [self] in try findLine(containing: text) }
    }

    private func findLine(containing text: String) throws -> String {
        while true {
            // The last piece may still lack its end.
            let lines = String(decoding: output, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
            if let line = lines.dropLast().first(where: { $0.contains(text) }) { return String(line) }
            guard try readMore() else {
                throw Timeout(
                    description: "no line with \"\(text)\" in: \(String(decoding: output, as: UTF8.self)) \(errors)")
            }
        }
    }

    /// Sends a signal.
    public func signal(_ number: CInt) { kill(process, number) }

    /// Waits until the program ends.
    ///
    /// Throws ``Timeout`` when a minute passes without it.
    public func end() async throws -> Outcome { try await offPool(queue) { [self] in try waitForEnd() } }

    private func waitForEnd() throws -> Outcome {
        while try readMore() {}
        var status: CInt = 0
        while waitpid(process, &status, 0) < 0, errno == EINTR {}
        isReaped = true
        let signal = status & 0x7F
        return Outcome(
            status: signal == 0 ? status >> 8 & 0xFF : 128 + signal, output: String(decoding: output, as: UTF8.self),
            errors: errors)
    }

    private var errors: String {
        let file = open(errorFile, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return "" }
        defer { close(file) }
        var content: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65536)
        while case let count = read(file, &buffer, buffer.count), count > 0 { content += buffer[..<count] }
        return String(decoding: content, as: UTF8.self)
    }

    /// Reads what comes next.
    ///
    /// Answers false at the end of the output.
    private func readMore() throws -> Bool {
        var poll = pollfd(fd: reader, events: Int16(POLLIN), revents: 0)
        guard Glibc.poll(&poll, 1, Program.patience) > 0 else {
            throw Timeout(
                description: "the program wrote nothing for a minute after: \(String(decoding: output, as: UTF8.self))")
        }
        var buffer = [UInt8](repeating: 0, count: 65536)
        let count = read(reader, &buffer, buffer.count)
        guard count > 0 else { return false }
        output += buffer[..<count]
        return true
    }

    private static func variables(_ changes: [String: String]) -> [String] {
        var variables: [String] = []
        var next = environ
        while let variable = next.pointee {
            variables.append(String(cString: variable))
            next += 1
        }
        // A crash should end a program at once, and not after a long account of it.
        let all = changes.merging(["SWIFT_BACKTRACE": "enable=no"]) { given, _ in given }
        let kept = variables.filter { variable in !all.keys.contains { variable.hasPrefix($0 + "=") } }
        return kept + all.map { "\($0)=\($1)" }
    }

    private static func spawn(
        _ words: [String], _ variables: [String], _ actions: inout posix_spawn_file_actions_t
    ) throws -> pid_t {
        var words: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        var variables: [UnsafeMutablePointer<CChar>?] = variables.map { strdup($0) } + [nil]
        defer { for text in words + variables { free(text) } }
        var process = pid_t()
        let code = posix_spawn(&process, "/bin/sh", &actions, nil, &words, &variables)
        guard code == 0 else { throw SystemCallError("start a program", code: code) }
        return process
    }
}
