import Glibc

/// What the kernel says about a process (proc(5)).
struct ProcessFigures {
    /// Resident memory in KiB.
    var resident: Int
    var threads: Int
    /// Open files and sockets.
    var descriptors: Int

    /// The process as it is now; nil: there is none.
    init?(_ process: pid_t) {
        let fields = ProcessFigures.text("/proc/\(process)/statm").split(separator: " ")
        guard fields.count > 1, let pages = Int(fields[1]), pages > 0,
            let threads = try? Files.names(in: "/proc/\(process)/task").count,
            let descriptors = try? Files.names(in: "/proc/\(process)/fd").count
        else { return nil }
        resident = pages * sysconf(CInt(_SC_PAGESIZE)) / 1024
        (self.threads, self.descriptors) = (threads, descriptors)
    }

    /// Whether a process runs: one that nobody has waited for yet does not.
    static func isRunning(_ process: pid_t) -> Bool {
        let state = text("/proc/\(process)/stat").split(separator: ")").last?.first { $0 != " " }
        return state.map { $0 != "Z" && $0 != "X" } ?? false
    }

    private static func text(_ path: String) -> String {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return "" }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = read(file, &bytes, bytes.count)
        return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
    }
}
