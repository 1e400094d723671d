import Taproom

extension PackageRequest {
    /// The last second a tar header can hold.
    static let latestDate = 0o77777777777

    /// Everything that is wrong with the request, in the order of its fields.
    package var problems: [PackageProblem] {
        var problems: [PackageProblem] = []
        func check(_ isGood: Bool, _ problem: @autoclosure () -> PackageProblem) {
            if !isGood { problems.append(problem()) }
        }
        check(Name.problem(application.name) == nil, .applicationName(application.name))
        if let user = application.user { check(Self.isAccountName(user), .user(user)) }
        if let group = application.group { check(Self.isAccountName(group), .group(group)) }
        for path in endpoints.compactMap(\.socketPath) {
            check(Self.isUsableSocket(path), .socket(path: path, package: name))
        }
        check(Self.isPackageName(name), .name(name))
        check(name != "taproom", .takenName(name))
        check(Self.isVersion(version), .version(version))
        check(Self.isMaintainer(maintainer), .maintainer(maintainer))
        check(Self.isUnitName(unit) || !Self.isPackageName(name), .unit(unit))
        check(Self.isSection(section), .section(section))
        if let homepage { check(Self.isAddress(homepage), .homepage(homepage)) }
        if let license { check(Self.isLine(license), .license(license)) }
        for word in depends { check(Self.isLine(word), .depends(word)) }
        var refused: String?
        for file in includes where Self.isReserved(file.path, in: name) {
            // What is in a folder was said with it.
            if let refused, file.path.hasPrefix(refused + "/") { continue }
            problems.append(.includePath(file.path))
            refused = file.path
        }
        let isOneLine = !summary.unicodeScalars.contains {
            $0.properties.generalCategory == .control || $0 == "\u{2028}"
        }
        check(isOneLine && (1...79).contains(summary.count) && !summary.isBlank, .summary(summary))
        check(!longDescription.isBlank, .longDescription)
        check((0...Self.latestDate).contains(date), .date(date))
        return problems
    }

    /// The rule of Debian Policy 5.6.7.
    static func isPackageName(_ name: String) -> Bool {
        guard let first = name.utf8.first, name.utf8.count >= 2 else { return false }
        return (first.isLowercase || first.isDigit)
            && name.utf8.allSatisfy { $0.isLowercase || $0.isDigit || "+-.".utf8.contains($0) }
    }

    /// The rule of Debian Policy 5.6.12, with the digit in front that dpkg insists on.
    static func isVersion(_ version: String) -> Bool {
        var rest = version[...]
        let hasEpoch = rest.contains(":")
        if let colon = rest.firstIndex(of: ":") {
            let epoch = rest[..<colon]
            guard !epoch.isEmpty, epoch.utf8.allSatisfy(\.isDigit), Int32(epoch) != nil else { return false }
            rest = rest[rest.index(after: colon)...]
        }
        if let hyphen = rest.lastIndex(of: "-") {
            let revision = rest[rest.index(after: hyphen)...]
            guard !revision.isEmpty, revision.utf8.allSatisfy({ $0.isAlphanumeric || "+.~".utf8.contains($0) }) else {
                return false
            }
            rest = rest[..<hyphen]
        }
        guard let first = rest.utf8.first, first.isDigit else { return false }
        let others = hasEpoch ? ".+-~:" : ".+-~"
        return rest.utf8.allSatisfy { $0.isAlphanumeric || others.utf8.contains($0) }
    }

    /// A name, a space, and an address in angle brackets, on one line.
    static func isMaintainer(_ maintainer: String) -> Bool {
        guard maintainer.last == ">", let open = maintainer.firstIndex(of: "<") else { return false }
        let name = maintainer[..<open]
        let mail = maintainer[maintainer.index(after: open)...].dropLast()
        let parts = mail.split(separator: "@", omittingEmptySubsequences: false)
        let isText = { (text: Substring) in
            text.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control && $0 != "<" && $0 != ">" }
        }
        return name.last == " " && !name.isBlank && name.first?.isWhitespace == false && isText(name)
            && parts.count == 2 && parts.allSatisfy { !$0.isEmpty } && isText(mail)
            && !mail.contains(where: \.isWhitespace)
    }

    /// What systemd takes as the name of a unit, and every shell as a word.
    static func isUnitName(_ name: String) -> Bool {
        guard let first = name.utf8.first, name.utf8.count <= 200 else { return false }
        return first.isAlphanumeric && name.utf8.allSatisfy { $0.isAlphanumeric || "-_.".utf8.contains($0) }
    }

    /// A section of the archive, perhaps in an area of it: `net`, `contrib/net` (Policy 2.4).
    static func isSection(_ section: String) -> Bool {
        !section.isEmpty && section.utf8.allSatisfy { $0.isLowercase || $0.isDigit || "-/".utf8.contains($0) }
    }

    /// An address of the web, without white space.
    static func isAddress(_ text: String) -> Bool {
        (text.hasPrefix("https://") || text.hasPrefix("http://")) && isLine(text)
            && !text.contains(where: \.isWhitespace)
    }

    /// A line with something in it.
    static func isLine(_ text: String) -> Bool {
        !text.isBlank && !text.unicodeScalars.contains { $0.properties.generalCategory == .control }
    }

    /// Whether a path is of what the package itself has, or of what no package may have.
    static func isReserved(_ path: String, in package: String) -> Bool {
        let folders = [
            "/proc", "/sys", "/dev", "/run", "/tmp", "/var/lib/\(package)", "/etc/\(package)", "/DEBIAN", "/RPM",
        ]
        return folders.contains { path == $0 || path.hasPrefix($0 + "/") }
    }

    /// A number, or a name that useradd takes and that means nothing to a shell.
    static func isAccountName(_ name: String) -> Bool {
        if name.utf8.allSatisfy(\.isDigit) { return UInt32(name).map { $0 < UInt32.max } ?? false }
        guard let first = name.utf8.first, name.utf8.count < 32 else { return false }
        return (first.isLowercase || first == UInt8(ascii: "_"))
            && name.utf8.allSatisfy { $0.isLowercase || $0.isDigit || "_-".utf8.contains($0) }
    }

    /// Whether the service can make a socket there, and others see it: its /tmp is private, and /run is root's.
    private static func isUsableSocket(_ path: String) -> Bool {
        let folders = path.split(separator: "/").dropLast()
        let isHidden = folders.first == "tmp" || folders.starts(with: ["var", "tmp"])
        return !isHidden && !folders.isEmpty && folders != ["run"] && folders != ["var", "run"]
            && !folders.contains("..")
            && path.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }
    }
}

extension Endpoint {
    /// The path, if it is a unix socket.
    var socketPath: String? {
        guard case .unix(let path, _) = address else { return nil }
        return path
    }

    /// Whether only root, or a process with the capability, may listen there.
    var isPrivileged: Bool {
        switch address {
        case .tcp(let port, _), .udp(let port, _): (1..<1024).contains(port)
        case .unix, .systemd: false
        }
    }
}

extension UInt8 {
    var isDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) }
    var isLowercase: Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(self) }
    var isAlphanumeric: Bool { isDigit || isLowercase || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(self) }
}
