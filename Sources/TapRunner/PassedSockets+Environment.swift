import Glibc

/// Reads what the service manager hands over: sd_listen_fds(3), "Notes".
extension PassedSockets {
    /// The first descriptor that is handed over.
    private static let firstDescriptor: CInt = 3
    private static let variables = ["LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES", "LISTEN_PIDFDID"]

    /// The sockets that the service manager gave this process: those of socket units, and those it kept over a restart.
    ///
    /// To be called once, and before any thread exists: the variables are removed from the environment, so that no program
    /// started later takes the sockets for its own.
    package static func fromServiceManager() -> PassedSockets {
        var environment: [String: String] = [:]
        for variable in variables {
            environment[variable] = getenv(variable).map { String(cString: $0) }
            unsetenv(variable)
        }
        return read(environment, process: getpid(), first: firstDescriptor)
    }

    /// Reads the variables as a process with a given number does.
    static func read(_ environment: [String: String], process: pid_t, first: CInt) -> PassedSockets {
        guard let count = environment["LISTEN_FDS"], let receiver = environment["LISTEN_PID"] else {
            return PassedSockets([])
        }
        // They are meant for another process, which left them to its children.
        guard pid_t(receiver) == process else { return PassedSockets([]) }
        guard let count = CInt(count), count >= 0, count <= maximumCount else {
            return PassedSockets(
                [], problems: ["LISTEN_FDS must be a number from 0 to \(maximumCount), but is \"\(count)\""])
        }
        var problems: [String] = []
        var names = [String](repeating: "unknown", count: Int(count))
        if let text = environment["LISTEN_FDNAMES"] {
            let given = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
            if given.count == names.count {
                names = given
            } else if count > 0 {
                problems.append("LISTEN_FDNAMES has \(given.count) names for \(count) sockets, so none counts")
            }
        }
        let sockets = zip(names, first...).map { PassedSocket(name: $0, descriptor: $1) }
        return PassedSockets(sockets, problems: problems)
    }

    /// How many descriptors a process can have.
    private static var maximumCount: CInt {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 1024 }
        return CInt(clamping: limit.rlim_cur)
    }
}
