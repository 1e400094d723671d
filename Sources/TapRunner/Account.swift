import CTapSystem
import Glibc

/// The user and group that an application runs as.
package struct Account: Sendable, Equatable {
    package var user: UInt32
    package var group: UInt32
    /// The name of the user, for the supplementary groups; nil for a number without an entry.
    package var name: String?

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
            guard let number = UInt32(group) ?? groupNumber(group) else { throw .unknownGroup(group) }
            account.group = number
        }
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

    private static func groupNumber(_ group: String) -> UInt32? { getgrnam(group)?.pointee.gr_gid }

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

    /// Becomes this account for good: in all threads, with its supplementary groups and no others.
    ///
    /// Afterwards each thread is looked at, and becoming root again is tried and must fail. Throws ``RunnerError``; the
    /// process should end then.
    package func become() throws(RunnerError) {
        guard geteuid() == 0 else { throw .notRoot(user: text) }
        guard tap_drop_group(group, name) == 0, tap_drop_user(user) == 0 else {
            throw .dropFailed(String(cString: strerror(errno)))
        }
        for thread in Account.threads() {
            let status = ThreadStatus(thread: thread)
            guard status.users == Set([user]), status.groups == Set([group]) else {
                throw .dropFailed(
                    "thread \(thread) kept the users \(status.users.sorted()) and groups \(status.groups.sorted())")
            }
        }
        if user != 0, tap_drop_user(0) == 0 { throw .dropFailed("it could be taken back") }
    }

    private static func threads() -> [String] {
        guard let folder = opendir("/proc/self/task") else { return ["self"] }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if UInt32(name) != nil { names.append(name) }
        }
        return names
    }
}

/// The real, effective, saved and file system ids of one thread, from proc(5).
private struct ThreadStatus {
    var users: Set<UInt32> = []
    var groups: Set<UInt32> = []

    init(thread: String) {
        guard let file = fopen("/proc/self/task/\(thread)/status", "r") else { return }
        defer { fclose(file) }
        var buffer = [CChar](repeating: 0, count: 1024)
        while fgets(&buffer, CInt(buffer.count), file) != nil {
            let line = String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            let numbers = { Set(line.split { " \t\n".contains($0) }.compactMap { UInt32($0) }) }
            if line.hasPrefix("Uid:") { users = numbers() }
            if line.hasPrefix("Gid:") { groups = numbers() }
        }
    }
}
