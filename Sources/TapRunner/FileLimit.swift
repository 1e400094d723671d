import Glibc

/// How many files and sockets a process can have open: getrlimit(2), RLIMIT_NOFILE.
package struct FileLimit: Sendable, Equatable {
    /// More than this is not asked for, though the hard limit may allow it: a million connections and some files.
    private static let greatest: UInt64 = 1 << 20

    /// What counts.
    package var soft: UInt64
    /// How far a process may raise it itself.
    package var hard: UInt64

    /// The limit this process was started with.
    ///
    /// Other programs get it back: those that use select(2) go wrong with descriptors above 1023, and trust that the soft
    /// limit keeps them away from there. Before this process executes another program it calls ``set()`` of this.
    package static let original = FileLimit.current

    /// The limit as it is; nil when the operating system does not say.
    package static var current: FileLimit? {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return nil }
        return FileLimit(soft: UInt64(limit.rlim_cur), hard: UInt64(limit.rlim_max))
    }

    /// Raises the soft limit as far as this process may, and notes what it was in ``original``.
    ///
    /// To be called before a service starts. Answers the limit that counts from now on; what can't be raised stays as it is.
    @discardableResult
    package static func raise() -> FileLimit? {
        guard var wanted = original else { return nil }
        wanted.soft = max(wanted.soft, min(wanted.hard, greatest))
        return wanted.set() ? wanted : current
    }

    /// Makes this the limit of this process; answers whether that was allowed.
    package func set() -> Bool {
        var limit = rlimit(rlim_cur: rlim_t(soft), rlim_max: rlim_t(hard))
        return setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0
    }
}
