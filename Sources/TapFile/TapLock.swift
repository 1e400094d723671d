import Glibc
import Synchronization

/// The right to a tap: one writer, or any number of readers.
///
/// The kernel takes it back when the process ends, however it ends.
///
/// It is an flock(2) on the tap itself, so there is no second file that could be stale, and a recycled process id means
/// nothing. It is taken before SQLite opens the file and given back after SQLite has closed it: SQLite's own locks
/// (fcntl) vanish when any descriptor of the file is closed in the process.
package final class TapLock: Sendable {
    package enum Mode: Sendable {
        case writing
        case reading
    }

    /// The descriptor that holds the lock: open for reading.
    package let descriptor: CInt
    private let isLeft: Mutex<Bool>

    /// Takes the lock.
    ///
    /// A tap that is only being read is waited for, five seconds at most.
    ///
    /// Throws ``TapFileError``: `.inUse` names who has it.
    package init(_ path: String, _ mode: Mode) throws(TapFileError) {
        isLeft = Mutex(false)
        descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw TapLock.openFailure(path, errno) }
        // Whatever is thrown below, `deinit` closes the descriptor: everything this stores is set.
        let operation = (mode == .writing ? LOCK_EX : LOCK_SH) | LOCK_NB
        for _ in 0..<500 {
            if flock(descriptor, operation) == 0 { return }
            let holder = LockHolder(of: descriptor)
            guard holder.isReader else { throw .inUse(path: path, holder: holder) }
            usleep(10_000)
        }
        throw .inUse(path: path, holder: LockHolder(of: descriptor))
    }

    /// The lock that another process took and shares with its descriptor; it stays that one's until ``claim()``.
    package init(sharing descriptor: CInt) {
        self.descriptor = descriptor
        isLeft = Mutex(true)
    }

    /// Makes the shared lock this process's own, which gives it back at its end.
    package func claim() { isLeft.withLock { $0 = false } }

    /// Leaves the lock to the process that has been given the descriptor.
    package func leave() { isLeft.withLock { $0 = true } }

    deinit {
        // Not by closing alone: a process that is just being started still has a copy of the descriptor.
        if !isLeft.withLock({ $0 }) { flock(descriptor, LOCK_UN) }
        close(descriptor)
    }

    private static func openFailure(_ path: String, _ code: CInt) -> TapFileError {
        switch code {
        case ENOENT, ENOTDIR: .missing(path: path)
        case EACCES, EPERM: .notPermitted(path: path, action: "open it")
        default: .storage(path: path, code: 14, problem: String(cString: strerror(code)))
        }
    }
}

/// Who has a tap locked, as the kernel tells (proc_locks(5)).
package struct LockHolder: Sendable, Equatable, CustomStringConvertible {
    /// The process, or nil when it can't be seen from here.
    package let process: Int?
    /// When the process started, in seconds since 1970.
    package let since: Int?
    package let isReader: Bool

    /// Asks the kernel who has the file of a descriptor locked.
    package init(of descriptor: CInt) {
        var file = stat()
        fstat(descriptor, &file)
        let locks = LockHolder.read("/proc/locks").split(separator: "\n").map { $0.split(separator: " ") }
        // "5: FLOCK  ADVISORY  WRITE 1234 fe:00:4711 0 EOF"; waiting ones have "->" in the second place.
        let lock = locks.first { lock in
            lock.count >= 6 && lock[1] == "FLOCK"
                && lock[5].split(separator: ":").last.map(String.init) == String(file.st_ino)
        }
        process = lock.flatMap { Int($0[4]) }
        isReader = lock.map { $0[3] == "READ" } ?? LockHolder.sharesLock(descriptor)
        since = process.flatMap(LockHolder.startTime)
    }

    /// Whether readers hold the lock, when the kernel does not say who does.
    ///
    /// In a container it does not after an upgrade: the process that took the lock is gone, though another one has it.
    private static func sharesLock(_ descriptor: CInt) -> Bool {
        guard flock(descriptor, LOCK_SH | LOCK_NB) == 0 else { return false }
        flock(descriptor, LOCK_UN)
        return true
    }

    package var description: String {
        guard let process else { return "another process" }
        guard let since else { return "process \(process)" }
        return "process \(process), since \(LockHolder.text(since))"
    }

    private static func text(_ seconds: Int) -> String {
        var seconds = time_t(seconds)
        var parts = tm()
        localtime_r(&seconds, &parts)
        var buffer = [CChar](repeating: 0, count: 32)
        let length = strftime(&buffer, buffer.count, "%Y-%m-%d %H:%M:%S", &parts)
        return String(decoding: buffer[..<length].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Boot time plus the 22nd field of /proc/PID/stat, in clock ticks (proc(5)).
    private static func startTime(_ process: Int) -> Int? {
        let fields = read("/proc/\(process)/stat").split(separator: ")").last?.split(separator: " ")
        let boot = read("/proc/stat").split(separator: "\n").first { $0.hasPrefix("btime ") }
        guard let fields, fields.count > 19, let ticks = Int(fields[19]), let boot, let start = Int(boot.dropFirst(6))
        else {
            return nil
        }
        return start + ticks / sysconf(CInt(_SC_CLK_TCK))
    }

    private static func read(_ path: String) -> String {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return "" }
        defer { close(file) }
        var content: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65536)
        while case let count = Glibc.read(file, &buffer, buffer.count), count > 0 { content += buffer[..<count] }
        return String(decoding: content, as: UTF8.self)
    }
}

extension TapLock {
    /// Waits until nobody writes a tap any more.
    ///
    /// Throws ``TapFileError``.
    package static func waitUntilFree(_ path: String) throws(TapFileError) {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw openFailure(path, errno) }
        defer { close(file) }
        while flock(file, LOCK_SH) != 0, errno == EINTR {}
    }
}
