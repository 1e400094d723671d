import Glibc

/// A user of this machine, as the system knows it (passwd(5)).
struct UserAccount: Sendable, Equatable {
    /// Users below are the system's own, root among them (Debian Policy, 9.2.2).
    static let firstPerson: uid_t = 1000
    /// The one who owns nothing.
    static let nobody: uid_t = 65_534
    /// Where a user's own server listens, in the home.
    static let socketName = ".twistd-web-pb"

    let name: String
    let number: uid_t
    let home: String

    /// Whether it is a person, whose pages may be served.
    var isPerson: Bool { number >= Self.firstPerson && number != Self.nobody }

    /// Whether a name can be one: letters, digits, dots, hyphens and underscores, no more than 32, and no dot or hyphen first.
    static func isValid(_ name: some Collection<UInt8>) -> Bool {
        (1...32).contains(name.count)
            && name.allSatisfy { byte in
                (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20) || "._-".utf8.contains(byte)
            } && name.first.map { !".-".utf8.contains($0) } ?? false
    }

    /// Looks a name up, which waits for the system's databases; nil when there is no such user.
    static func find(_ name: String) -> UserAccount? {
        guard isValid(name.utf8) else { return nil }
        return read { getpwnam_r(name, $0, $1, $2, $3) }
    }

    /// The user that this process runs as.
    static var own: UserAccount? { read { getpwuid_r(geteuid(), $0, $1, $2, $3) } }

    private static func read(
        _ call: (
            UnsafeMutablePointer<passwd>, UnsafeMutablePointer<CChar>, Int,
            UnsafeMutablePointer<UnsafeMutablePointer<passwd>?>
        )
            -> CInt
    ) -> UserAccount? {
        var size = 1024
        while size <= 1 << 20 {
            var (entry, found) = (passwd(), UnsafeMutablePointer<passwd>?.none)
            var space = [CChar](repeating: 0, count: size)
            let account: Result<UserAccount?, Retry> = space.withUnsafeMutableBufferPointer { space in
                guard let start = space.baseAddress else { return .success(nil) }
                let code = call(&entry, start, space.count, &found)
                if code == ERANGE { return .failure(Retry()) }
                guard code == 0, found != nil, let name = entry.pw_name, let home = entry.pw_dir else {
                    return .success(nil)
                }
                return .success(
                    UserAccount(name: String(cString: name), number: entry.pw_uid, home: String(cString: home)))
            }
            if case .success(let account) = account { return account }
            size *= 4
        }
        return nil
    }

    /// The entry needs more space.
    private struct Retry: Error {}
}
