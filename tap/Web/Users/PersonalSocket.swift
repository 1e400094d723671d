import Glibc
import Logging
import Taproom

/// The socket on which a user's own server listens, held open so that it stays the one that was looked at.
///
/// A path could lead elsewhere a moment later, such as to a socket that only this process may open; so connections are made
/// through the descriptor (proc(5), `/proc/self/fd`).
final class PersonalSocket: Sendable {
    /// O_PATH, which Glibc's module hides.
    private static let pathOnly: CInt = 0o10000000

    let upstreams: ProxyUpstreams
    private let descriptor: CInt
    private let facts: FileFacts

    private init?(_ descriptor: CInt, _ facts: FileFacts, logger: Logger) {
        (self.descriptor, self.facts) = (descriptor, facts)
        var settings = ProxySettings()
        settings.to = OneOrMore(Upstream("unix:/proc/self/fd/\(descriptor)").map { [$0] } ?? [])
        settings.retries = 0
        // A password for this site is none of the user's business.
        settings.headers = ["Authorization": ""]
        guard let upstreams = try? ProxyUpstreams(settings, logger: logger) else {
            close(descriptor)
            return nil
        }
        self.upstreams = upstreams
    }

    deinit { close(descriptor) }

    /// The socket in a home: the former one when it is still there, nil when there is none or it is not the user's.
    static func find(
        in home: CInt, of account: UserAccount, _ former: PersonalSocket?, logger: Logger
    ) -> PersonalSocket? {
        let descriptor = openat(home, UserAccount.socketName, pathOnly | O_NOFOLLOW | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFSOCK, status.st_uid == account.number
        else {
            close(descriptor)
            return nil
        }
        let facts = FileFacts(status)
        // While the former one is open nothing else gets its number.
        if let former, former.facts.device == facts.device, former.facts.inode == facts.inode {
            close(descriptor)
            return former
        }
        return PersonalSocket(descriptor, facts, logger: logger)
    }
}
