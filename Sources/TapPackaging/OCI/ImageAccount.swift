/// The account that an application has in an image.
///
/// It is made of numbers, which those who run containers compare with zero, and has a name in the image only.
struct ImageAccount {
    /// The number of a user and a group that are given by name: nobody's on a machine with ordinary users.
    static let number: UInt32 = 10001

    let owner: PackageFile.Owner
    private let account: InstanceAccount

    init(_ account: InstanceAccount) {
        self.account = account
        let user = Self.number(of: account.user)
        owner = PackageFile.Owner(user: user, group: account.group.map(Self.number) ?? user)
    }

    private static func number(of name: String) -> UInt32 { name == "root" ? 0 : UInt32(name) ?? number }

    /// As in the configuration of an image.
    var text: String { "\(owner.user):\(owner.group)" }

    /// The users (passwd(5)): root, and the account if it has a name.
    func passwd(home: String) -> String {
        var text = "root:x:0:0:root:/root:/usr/sbin/nologin\n"
        if let name = account.userToMake, name != "root" {
            text += "\(name):x:\(owner.user):\(owner.group):\(name):\(home):/usr/sbin/nologin\n"
        }
        return text
    }

    /// The groups (group(5)).
    var group: String {
        var text = "root:x:0:\n"
        if let name = account.groupToMake ?? (account.group == nil ? account.userToMake : nil), name != "root" {
            text += "\(name):x:\(owner.group):\n"
        }
        return text
    }
}
