import Glibc

/// What the operating system says about this process.
///
/// The names are those that all Prometheus clients use: https://prometheus.io/docs/instrumenting/writing_clientlibs/#process-metrics
/// What can't be read, for example because the process is in a root without /proc, is left out.
package enum ProcessFigures {
    /// What there is to say now.
    package static var families: [MetricFamily] {
        var families = [
            MetricFamily(
                "process_cpu_seconds_total", .counter, "Processor time of this process, in seconds.", value: cpuSeconds)
        ]
        let gauge = { (name: String, help: String, value: Double?) in
            if let value { families.append(MetricFamily(name, .gauge, help, value: value)) }
        }
        let statistics = ProcessStatistics(text(of: "/proc/self/stat") ?? "")
        gauge("process_resident_memory_bytes", "Memory that is in use, in bytes.", statistics?.residentBytes)
        gauge("process_virtual_memory_bytes", "Addresses that are in use, in bytes.", statistics?.virtualBytes)
        gauge("process_threads", "How many threads there are.", statistics?.threads)
        gauge("process_start_time_seconds", "When the process started, in seconds since 1970.", startTime(statistics))
        gauge("process_open_fds", "How many files and sockets are open.", openFiles)
        gauge("process_max_fds", "How many files and sockets can be open.", maximumFiles)
        return families
    }

    private static var cpuSeconds: Double {
        var usage = rusage()
        guard getrusage(RUSAGE_SELF.rawValue, &usage) == 0 else { return 0 }
        let seconds = { (time: timeval) in Double(time.tv_sec) + Double(time.tv_usec) / 1_000_000 }
        return seconds(usage.ru_utime) + seconds(usage.ru_stime)
    }

    private static func startTime(_ statistics: ProcessStatistics?) -> Double? {
        let lines = text(of: "/proc/stat")?.split(separator: "\n")
        guard let statistics, let boot = lines?.first(where: { $0.hasPrefix("btime ") })?.dropFirst(6) else {
            return nil
        }
        return Double(boot).map { $0 + statistics.startSeconds }
    }

    private static var openFiles: Double? {
        guard let folder = opendir("/proc/self/fd") else { return nil }
        defer { closedir(folder) }
        // The folder itself is one, and its names for itself and its parent are two.
        var count = -3.0
        while readdir(folder) != nil { count += 1 }
        return count
    }

    private static var maximumFiles: Double? {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return nil }
        return limit.rlim_cur == rlim_t.max ? .infinity : Double(limit.rlim_cur)
    }

    private static func text(of path: String) -> String? {
        guard let file = fopen(path, "re") else { return nil }
        defer { fclose(file) }
        var content: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while case let count = fread(&buffer, 1, buffer.count, file), count > 0 { content += buffer[..<count] }
        return String(decoding: content, as: UTF8.self)
    }
}

/// What `/proc/self/stat` says, as proc_pid_stat(5) counts its fields.
struct ProcessStatistics: Equatable {
    var threads: Double
    /// From the start of the machine to the start of the process.
    var startSeconds: Double
    var virtualBytes: Double
    var residentBytes: Double

    /// Nil for what is no such text.
    init?(_ text: String) {
        // The second field is the name of the program, which may have spaces and parentheses in it.
        guard let nameEnd = text.lastIndex(of: ")") else { return nil }
        let fields = text[text.index(after: nameEnd)...].split(separator: " ").map { Double($0) }
        let field = { (number: Int) in fields.count > number - 3 ? fields[number - 3] : nil }
        guard let threads = field(20), let start = field(22), let size = field(23), let pages = field(24) else {
            return nil
        }
        self.threads = threads
        startSeconds = start / Double(sysconf(CInt(_SC_CLK_TCK)))
        virtualBytes = size
        residentBytes = pages * Double(sysconf(CInt(_SC_PAGESIZE)))
    }
}
