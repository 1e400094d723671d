import CTapSystem
import Glibc

/// The user and group that an application runs as.
package struct Account: Sendable, Equatable {
    package var user: UInt32
    package var group: UInt32
    /// The name of the user; nil for a number without an entry.
    package var name: String?
    /// The groups the user is in besides, looked up before another root folder hides them.
    package var otherGroups: [UInt32] = []

    /// Looks up what an application names.
    ///
    /// Answers nil when it names nobody.
    ///
    /// Names and numbers are taken; without a group it is the user's own. Throws ``RunnerError``.
    package static func resolve(user: String?, group: String?) throws(RunnerError) -> Account? {
        guard user != nil || group != nil else { return nil }
        var account = Account(user: geteuid(), group: getegid(), name: nil)
        if let user {
            guard let entry = passwordEntry(user) else { throw .unknownUser(user) }
            account = entry
        }
        if let group {
            guard let number = groupNumber(group) else { throw .unknownGroup(group) }
            account.group = number
        }
        account.otherGroups = account.name.map { groups(of: $0, with: account.group) } ?? []
        return account
    }

    private static func passwordEntry(_ user: String) -> Account? {
        let entry = UInt32(user).map { getpwuid($0) } ?? getpwnam(user)
        if let entry = entry?.pointee {
            return Account(user: entry.pw_uid, group: entry.pw_gid, name: String(cString: entry.pw_name))
        }
        // A number needs no entry; its group is of the same number.
        return UInt32(user).map { Account(user: $0, group: $0, name: nil) }
    }

    private static func groups(of user: String, with group: UInt32) -> [UInt32] {
        var count: CInt = 64
        var groups = [UInt32](repeating: 0, count: Int(count))
        if tap_groups_of(user, group, &groups, &count) < 0 {
            groups = [UInt32](repeating: 0, count: Int(count))
            guard tap_groups_of(user, group, &groups, &count) == 0 else { return [group] }
        }
        return Array(groups.prefix(Int(count)))
    }

    /// The number of a group that is named or is a number already; nil: there is none.
    static func groupNumber(_ group: String) -> UInt32? { UInt32(group) ?? getgrnam(group)?.pointee.gr_gid }

    /// Whether this process is somebody else.
    package var isChange: Bool { user != geteuid() || group != getegid() || user != getuid() || group != getgid() }

    /// The name, or the number.
    package var text: String { name ?? String(user) }

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
