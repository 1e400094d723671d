import Glibc

/// Names for the numbers of users.
package enum UserName {
    /// The name of a user, or the number when it has none.
    package static func text(of user: UInt32) -> String {
        var entry = passwd()
        var found: UnsafeMutablePointer<passwd>?
        var buffer = [CChar](repeating: 0, count: 4096)
        guard getpwuid_r(user, &entry, &buffer, buffer.count, &found) == 0, let name = found?.pointee.pw_name else {
            return String(user)
        }
        return String(cString: name)
    }

    /// The user of this process.
    package static var current: String { text(of: geteuid()) }
}
