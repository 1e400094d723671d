import Glibc
import Synchronization

/// A program that is started, and killed when it is in the way; all calls wait.
final class ChildProgram {
    let process: pid_t
    /// The reading end of its standard output.
    let output: CInt
    private(set) var status: CInt?
    /// Held while a pipe exists that another program, started meanwhile, would keep open.
    private static let starting = Mutex<Void>(())

    /// Starts a program whose standard error goes nowhere.
    ///
    /// Throws ``TortureError``.
    init(_ words: [String], environment: [String: String] = [:]) throws {
        (output, process) = try ChildProgram.starting.withLock { _ in try ChildProgram.start(words, environment) }
    }

    private static func start(_ words: [String], _ environment: [String: String]) throws -> (CInt, pid_t) {
        var ends: [CInt] = [0, 0]
        guard pipe(&ends) == 0 else { throw TortureError("no pipe: error \(errno)") }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
        posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
        var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        var variables: [UnsafeMutablePointer<CChar>?] = []
        var next = environ
        while let variable = next.pointee {
            variables.append(strdup(variable))
            next += 1
        }
        // A crash ends a program at once, and not after a long account of it.
        variables += [strdup("SWIFT_BACKTRACE=enable=no")]
        variables += environment.map { strdup("\($0)=\($1)") } + [nil]
        var process = pid_t()
        let code = posix_spawn(&process, words[0], &actions, nil, &arguments, &variables)
        for text in arguments + variables { free(text) }
        posix_spawn_file_actions_destroy(&actions)
        close(ends[1])
        guard code == 0 else {
            close(ends[0])
            throw TortureError("\(words[0]) can't be started: error \(code)")
        }
        return (ends[0], process)
    }

    deinit {
        if status == nil { kill() }
        close(output)
    }

    /// Ends it with SIGKILL.
    func kill() {
        Glibc.kill(process, SIGKILL)
        _ = wait()
    }

    /// Waits for its end: the exit status, or 128 and the number of a signal.
    func wait() -> CInt {
        if let status { return status }
        var status: CInt = 0
        while waitpid(process, &status, 0) < 0, errno == EINTR {}
        let signal = status & 0x7F
        let result = signal == 0 ? status >> 8 & 0xFF : 128 + signal
        self.status = result
        return result
    }

    /// Reads its output to the end and waits for its end.
    func end() -> (output: String, status: CInt) {
        var content: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = read(output, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break }
            content += buffer[..<count]
        }
        return (String(decoding: content, as: UTF8.self), wait())
    }
}
