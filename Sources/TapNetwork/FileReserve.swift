import Glibc

/// The last files of the process, which no connection gets.
///
/// A process without any can neither turn its log nor read a file, and libdispatch, which looks into /proc once a second
/// while there is work, ends one that can't open a file for that.
package enum FileReserve {
    /// How many files are kept back, where the limit is not so low that a quarter of it is less.
    private static let files: UInt = 64

    /// How many files there are before the reserve; not more than zero when it is touched.
    ///
    /// Counted from the lowest number that is free, which dup(2) answers: those above it that are in use are not seen as
    /// long as it is.
    package static var distance: Int {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return Int.max }
        let free = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0)
        guard free >= 0 else { return errno == EMFILE ? 0 : Int.max }
        close(free)
        return Int(clamping: limit.rlim_cur - min(files, limit.rlim_cur / 4)) - Int(free)
    }
}
