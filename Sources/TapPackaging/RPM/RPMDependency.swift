/// Something that a package needs, has or watches: a name and perhaps versions of it.
///
/// The bits are those of "Dependencies" and "Tags" in rpm's manual, under the names `RPMSENSE_`.
struct RPMDependency: Equatable {
    /// Which versions are meant, and what for.
    struct Sense: OptionSet {
        let rawValue: UInt32

        static let less = Sense(rawValue: 1 << 1)
        static let greater = Sense(rawValue: 1 << 2)
        static let equal = Sense(rawValue: 1 << 3)
        /// The program of a script.
        static let interpreter = Sense(rawValue: 1 << 8)
        static let pre = Sense(rawValue: 1 << 9)
        static let post = Sense(rawValue: 1 << 10)
        static let preun = Sense(rawValue: 1 << 11)
        static let postun = Sense(rawValue: 1 << 12)
        static let triggerIn = Sense(rawValue: 1 << 16)
        /// A feature of rpm itself.
        static let feature = Sense(rawValue: 1 << 24)
        /// The configuration files of a package.
        static let configuration = Sense(rawValue: 1 << 28)
    }

    let name: String
    let sense: Sense
    let version: String

    init(_ name: String, _ sense: Sense = [], _ version: String = "") {
        (self.name, self.sense, self.version) = (name, sense, version)
    }

    /// Reads `NAME`, `NAME >= VERSION` or, as Debian writes it, `NAME (>= VERSION)`.
    init?(_ text: Substring) {
        let words = text.split(whereSeparator: \.isWhitespace)
        guard let name = words.first.map({ String($0) }), Self.isName(name) else { return nil }
        guard words.count > 1 else {
            self.init(name)
            return
        }
        var rest = words.dropFirst().joined()[...]
        if rest.hasPrefix("("), rest.hasSuffix(")") { rest = rest.dropFirst().dropLast() }
        let comparison = rest.prefix { "<=>".contains($0) }
        let version = rest.dropFirst(comparison.count)
        guard let sense = Self.comparisons[String(comparison)], Self.isVersion(version) else { return nil }
        self.init(name, sense, String(version))
    }

    /// Reads a list with commas between.
    ///
    /// Nil when a part of it can't be read.
    static func list(_ text: String) -> [RPMDependency]? {
        let parts = text.split(separator: ",", omittingEmptySubsequences: false)
        let all = parts.compactMap { RPMDependency($0) }
        return all.count == parts.count ? all : nil
    }

    /// The words with which Debian and rpm compare.
    private static let comparisons: [String: Sense] = [
        "<": .less, "<<": .less, "<=": [.less, .equal], "=": .equal, ">=": [.greater, .equal], ">": .greater,
        ">>": .greater,
    ]

    /// A package, a file, or something that a package provides: `perl(Socket)`.
    private static func isName(_ name: String) -> Bool {
        guard let first = name.utf8.first else { return false }
        return (first.isAlphanumeric || "/_".utf8.contains(first))
            && name.utf8.allSatisfy { $0.isAlphanumeric || "/_.+-():".utf8.contains($0) }
    }

    private static func isVersion(_ version: Substring) -> Bool {
        !version.isEmpty && version.utf8.allSatisfy { $0.isAlphanumeric || "._+~^:-".utf8.contains($0) }
    }

    /// As people write it: `taproom >= 0.1`.
    var text: String {
        let signs = [(Sense.less, "<"), (.greater, ">"), (.equal, "=")].filter { sense.contains($0.0) }.map(\.1)
        return signs.isEmpty ? name : "\(name) \(signs.joined()) \(version)"
    }
}
