/// Users with their passwords.
package struct UserTable: Sendable {
    private let passwords: [String: UserPassword]
    /// What the passwords of users that are not there are compared with.
    private let decoys: [UserPassword]

    /// Takes the passwords by the names of users.
    package init(_ passwords: [String: UserPassword]) {
        self.passwords = passwords
        decoys = Array(passwords.values)
    }

    /// Whether a text can be a user's name (RFC 7617, section 2).
    package static func isName(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F && $0 != UInt8(ascii: ":") }
    }

    /// The user whose name and password were given, with the name as it is written here; nil when there is none.
    ///
    /// Takes up to seconds, and for users that are not there as long as for those that are: each name that is not there
    /// always has the cost of the same user who is.
    package func user(named name: String, password: String) -> String? {
        if let index = passwords.index(forKey: name) {
            return passwords.values[index].matches(password) ? passwords.keys[index] : nil
        }
        guard !decoys.isEmpty else { return nil }
        _ = decoys[Int(UInt(bitPattern: name.hashValue) % UInt(decoys.count))].matches(password)
        return nil
    }
}
