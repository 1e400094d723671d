import Glibc

/// The threads of this process as the kernel shows them (proc(5), `/proc/self/task`).
package final class ProcessThreads {
    /// The real, effective, saved and file system ids of one thread.
    struct Status {
        var users: Set<UInt32> = []
        var groups: Set<UInt32> = []
        /// The effective user, then the effective group.
        var effective: [UInt32] = []
    }

    private let folder: CInt

    /// Opens the folder of threads, so that they can still be seen in another root folder.
    package init() { folder = open("/proc/self/task", O_RDONLY | O_DIRECTORY | O_CLOEXEC) }

    deinit { if folder >= 0 { close(folder) } }

    /// What is known of each thread; empty when `/proc` is not there.
    var all: [(thread: String, status: Status)] {
        guard let listing = fdopendir(fcntl(folder, F_DUPFD_CLOEXEC, 0)) else { return [] }
        defer { closedir(listing) }
        rewinddir(listing)
        var threads: [(String, Status)] = []
        while let entry = readdir(listing) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if UInt32(name) != nil { threads.append((name, status(of: name))) }
        }
        return threads
    }

    private func status(of thread: String) -> Status {
        var status = Status()
        let file = openat(folder, thread + "/status", O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return status }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = read(file, &bytes, bytes.count)
        for line in String(decoding: bytes.prefix(max(0, count)), as: UTF8.self).split(separator: "\n") {
            let isUser = line.hasPrefix("Uid:")
            guard isUser || line.hasPrefix("Gid:") else { continue }
            let numbers = line.split { " \t".contains($0) }.compactMap { UInt32($0) }
            if isUser { status.users = Set(numbers) } else { status.groups = Set(numbers) }
            status.effective += numbers.dropFirst().prefix(1)
        }
        return status
    }
}
