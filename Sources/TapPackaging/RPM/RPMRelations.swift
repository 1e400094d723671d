import Taproom

/// What a package needs, has and watches.
struct RPMRelations {
    let places: InstancePlaces
    let request: PackageRequest
    let version: RPMVersion
    /// How the payload is compressed.
    let compression: Compression
    /// Whether the form of the payload is the one for large files.
    let isLarge: Bool

    /// Names of files for what distributions have in packages of different names.
    var requires: [RPMDependency] {
        let configuration = RPMDependency("config(\(places.package))", [.equal, .configuration], version.text)
        let all = scripts + [configuration] + runner + asked + features
        return all.sorted { ($0.name, $0.sense.rawValue) < ($1.name, $1.sense.rawValue) }
    }

    private var scripts: [RPMDependency] {
        let account = places.account
        var tools = [
            RPMDependency("coreutils", .post), RPMDependency("findutils", .post),
            RPMDependency("/usr/bin/setpriv", .post),
        ]
        if account.groupToMake != nil || account.userToMake != nil {
            tools.append(RPMDependency("/usr/bin/getent", .pre))
            tools.append(RPMDependency("/usr/sbin/groupadd", .pre))
        }
        if account.userToMake != nil { tools.append(RPMDependency("/usr/sbin/useradd", .pre)) }
        let moments: [RPMDependency.Sense] = [[], .pre, .post, .preun, .postun]
        return moments.map { RPMDependency("/bin/sh", $0.union(.interpreter)) } + tools
            // The command of the package is a script of its own.
            + [RPMDependency("/bin/sh")]
    }

    private var runner: [RPMDependency] {
        switch request.runner {
        case .shared: [RPMDependency("taproom", [.greater, .equal], "0.1")]
        case .bundled(let program): program.libraryNames.map { RPMDependency($0) }
        }
    }

    private var asked: [RPMDependency] { request.depends.flatMap { RPMDependency.list($0) ?? [] } }

    /// What rpm must be able to do to install it, and since which of its versions it is.
    private var features: [RPMDependency] {
        var features = [
            ("CompressedFileNames", "3.0.4-1"), ("FileDigests", "4.6.0-1"), ("PayloadFilesHavePrefix", "4.0-1"),
        ]
        if compression == .zstd { features.append(("PayloadIsZstd", "5.4.18-1")) }
        if version.text.contains("~") { features.append(("TildeInVersions", "4.10.0-1")) }
        if isLarge { features.append(("LargeFiles", "4.12.0-1")) }
        return features.map { RPMDependency("rpmlib(\($0))", [.less, .equal, .feature], $1) }
    }

    /// The package itself, its configuration files, and its user and group as rpm 4.19 makes them.
    ///
    /// The line for systemd-sysusers stands where the version does, as "Users and Groups" of rpm's manual says.
    var provides: [RPMDependency] {
        let account = places.account
        let lines = (AccountFiles(places: places).sysusers ?? "").split(separator: "\n")
        var provides = [
            RPMDependency("config(\(places.package))", [.equal, .configuration], version.text),
            RPMDependency(places.package, .equal, version.text),
        ]
        func add(_ kind: String, _ name: String, _ letter: String) {
            let line = lines.first { $0.hasPrefix("\(letter) \(name) ") }
            provides.append(
                line.map { RPMDependency("\(kind)(\(name))", .equal, Base64.text(of: $0.utf8)) }
                    ?? RPMDependency("\(kind)(\(name))"))
        }
        if let group = account.groupToMake { add("group", group, "g") }
        if let user = account.userToMake {
            add("user", user, "u")
            if account.group == nil { add("group", user, "g") }
        }
        return provides.sorted { $0.name < $1.name }
    }

    /// Where systemd is installed together with the package it comes first; without it the package is of use too.
    var order: [RPMDependency] { [.post, .preun, .postun].map { RPMDependency("systemd", $0) } }

    /// The packages that set off the trigger.
    var triggers: [RPMDependency] { request.runner == .shared ? [RPMDependency("taproom", .triggerIn)] : [] }
}

/// Base64 (RFC 4648) as rpm writes it into versions: zeros behind the text instead of signs that no version has.
private enum Base64 {
    private static let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    static func text(of bytes: some Collection<UInt8>) -> String {
        let whole = Array(bytes) + [UInt8](repeating: 0, count: (3 - bytes.count % 3) % 3)
        var text: [UInt8] = []
        for start in stride(from: 0, to: whole.count, by: 3) {
            let group = whole[start..<start + 3].reduce(0) { $0 << 8 | Int($1) }
            text += [18, 12, 6, 0].map { digits[group >> $0 & 63] }
        }
        return String(decoding: text, as: UTF8.self)
    }
}
