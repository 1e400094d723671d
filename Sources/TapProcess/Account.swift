import CTapSystem
import Glibc

/// A user and a group that an application or a program runs as.
package struct Account: Sendable, Equatable {
    package var user: UInt32
    package var group: UInt32
    /// The name of the user; nil for a number without an entry.
    package var name: String?
    /// The user's home folder, when there is an entry.
    package var home: String?
    /// The user's shell, when there is an entry.
    package var shell: String?
    /// The groups the user is in besides, looked up before another root folder hides them.
    package var otherGroups: [UInt32] = []

    /// A user and a group by their numbers.
    package init(user: UInt32, group: UInt32, name: String? = nil, otherGroups: [UInt32] = []) {
        (self.user, self.group, self.name, self.otherGroups) = (user, group, name, otherGroups)
    }

    /// Looks up what somebody names.
    ///
    /// Answers nil when nobody is named.
    ///
    /// Names and numbers are taken; without a group it is the user's own. Throws ``AccountError``.
    package static func resolve(user: String?, group: String?) throws(AccountError) -> Account? {
        guard user != nil || group != nil else { return nil }
        var account = own
        account.name = nil
        if let user {
            guard let entry = entry(user) else { throw .unknownUser(user) }
            account = entry
        }
        if let group {
            guard let number = groupNumber(group) else { throw .unknownGroup(group) }
            account.group = number
        }
        account.otherGroups = account.name.map { groups(of: $0, with: account.group) } ?? []
        return account
    }

    /// Whom this process runs as, without the other groups.
    package static var own: Account {
        var account = entry(String(geteuid())) ?? Account(user: geteuid(), group: getegid())
        account.group = getegid()
        return account
    }

    private static func entry(_ user: String) -> Account? {
        let number = UInt32(user)
        var entry = passwd()
        let account = withUnsafeTemporaryAllocation(of: CChar.self, capacity: 16 << 10) { space -> Account? in
            var found: UnsafeMutablePointer<passwd>?
            guard let texts = space.baseAddress else { return nil }
            if let number {
                getpwuid_r(number, &entry, texts, space.count, &found)
            } else {
                getpwnam_r(user, &entry, texts, space.count, &found)
            }
            guard found != nil else { return nil }
            var account = Account(
                user: entry.pw_uid, group: entry.pw_gid, name: entry.pw_name.map { String(cString: $0) })
            account.home = entry.pw_dir.map { String(cString: $0) }
            account.shell = entry.pw_shell.map { String(cString: $0) }
            return account
        }
        // A number needs no entry; its group is of the same number.
        return account ?? number.map { Account(user: $0, group: $0) }
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
    package static func groupNumber(_ name: String) -> UInt32? {
        if let number = UInt32(name) { return number }
        var entry = Glibc.group()
        // Groups may have many members, all of which are told.
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 1 << 20) { space in
            var found: UnsafeMutablePointer<Glibc.group>?
            guard let texts = space.baseAddress else { return nil }
            getgrnam_r(name, &entry, texts, space.count, &found)
            return found?.pointee.gr_gid
        }
    }

    /// Whether this process is somebody else.
    package var isChange: Bool { user != geteuid() || group != getegid() || user != getuid() || group != getgid() }

    /// The name, or the number.
    package var text: String { name ?? String(user) }
}

/// A user or a group that is not on this machine, or that a program can't be run as.
package enum AccountError: Error, Equatable, CustomStringConvertible {
    case unknownUser(String)
    case unknownGroup(String)
    /// This process is not root, which alone can start programs as somebody else.
    case notRoot(wanted: String, own: String)

    package var description: String {
        switch self {
        case .unknownUser(let name): "there is no user \"\(name)\" on this machine"
        case .unknownGroup(let name): "there is no group \"\(name)\" on this machine"
        case .notRoot(let wanted, let own):
            """
            cannot run a program as \(wanted): this process runs as \(own), and only root may start programs as somebody \
            else. Start tapd as root and without a user, or leave user and group out
            """
        }
    }
}

extension Account {
    /// Looks up whom a program is to run as.
    ///
    /// Answers nil when it runs as this process does. Throws ``AccountError``, also when this process may not start programs
    /// as somebody else.
    package static func forProgram(user: String?, group: String?) throws(AccountError) -> Account? {
        guard let account = try resolve(user: user, group: group), account.isChange else { return nil }
        guard geteuid() == 0 else {
            let wanted = user.map { "the user \($0)" } ?? "the group \(group ?? account.text)"
            throw .notRoot(wanted: wanted, own: own.text)
        }
        return account
    }
}
