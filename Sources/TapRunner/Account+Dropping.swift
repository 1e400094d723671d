import CTapSystem
import Glibc
package import TapProcess

extension Account {
    /// Whether this account may make and remove files in a folder, as its permission bits say.
    package func canChange(folder: String) -> Bool {
        var entry = stat()
        guard stat(folder, &entry) == 0 else { return false }
        if user == 0 { return true }
        let shift: mode_t = entry.st_uid == user ? 6 : entry.st_gid == group ? 3 : 0
        return entry.st_mode >> shift & 0o3 == 0o3
    }

    /// Does something as this account without giving up root: files are made and opened with its rights.
    ///
    /// To be called while there is one thread. Throws what `body` throws; root is back then.
    package func during<Result>(_ body: () throws -> Result) throws -> Result {
        guard geteuid() == 0, isChange else { return try body() }
        var own = [UInt32](repeating: 0, count: max(0, Int(getgroups(0, nil))))
        let (ownGroup, count) = (getegid(), getgroups(CInt(own.count), &own))
        guard tap_drop_group(group, otherGroups, otherGroups.count, 1) == 0, tap_drop_user(user, 1) == 0 else {
            throw RunnerError.dropFailed(String(cString: strerror(errno)))
        }
        defer {
            _ = tap_drop_user(0, 1)
            _ = tap_drop_group(ownGroup, own, max(0, Int(count)), 1)
        }
        return try body()
    }

    /// Becomes this account in all threads, with its supplementary groups and no others.
    ///
    /// Afterwards each thread is looked at. Unless only the effective ids were to change, becoming root again is tried and
    /// must fail. Throws ``RunnerError``; the process should end then.
    ///
    /// `threads` is looked up before another root folder hides `/proc`.
    package func become(onlyEffective: Bool = false, in threads: ProcessThreads) throws(RunnerError) {
        guard geteuid() == 0 else { throw .notRoot(user: text) }
        guard tap_drop_group(group, otherGroups, otherGroups.count, onlyEffective ? 1 : 0) == 0,
            tap_drop_user(user, onlyEffective ? 1 : 0) == 0
        else {
            throw .dropFailed(String(cString: strerror(errno)))
        }
        let found = threads.all
        guard !found.isEmpty else { throw .dropFailed("/proc does not show the threads of this process") }
        for (thread, status) in found {
            let isDone =
                onlyEffective
                ? status.effective == [user, group]
                : status.users == Set([user]) && status.groups == Set([group])
            guard isDone else {
                throw .dropFailed(
                    "thread \(thread) kept the users \(status.users.sorted()) and groups \(status.groups.sorted())")
            }
        }
        guard !onlyEffective, user != 0 else { return }
        if tap_drop_user(0, 0) == 0 { throw .dropFailed("it could be taken back") }
    }
}
