/// What systemd is told about the account and the folders of a packaged application.
struct AccountFiles {
    let places: InstancePlaces

    /// The account as systemd-sysusers makes it (sysusers.d(5)); nil for an account of numbers.
    var sysusers: String? {
        let account = places.account
        var lines: [String] = []
        if let group = account.groupToMake { lines.append("g \(group) -") }
        if let user = account.userToMake {
            let id = account.group.map { "-:\($0)" } ?? "-"
            lines.append("u \(user) \(id) \"Taproom application \(places.package)\" \(places.state)")
        }
        return lines.isEmpty ? nil : lines.map { $0 + "\n" }.joined()
    }

    /// The folder of the state as systemd-tmpfiles makes it (tmpfiles.d(5)).
    var tmpfiles: String {
        "d \(places.state) 0700 \(places.account.user) \(places.account.group ?? places.account.user) -\n"
    }
}
