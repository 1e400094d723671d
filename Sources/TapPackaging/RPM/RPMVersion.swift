/// A version as rpm has it: three parts, each with a field of its own.
struct RPMVersion {
    let epoch: UInt32?
    let version: String
    let release: String

    /// From a version as Debian writes it: `1:2.0-3` is version 2.0, release 3 of epoch 1; without a revision, release 1.
    ///
    /// Nil for versions with parts that rpm has no place for: rpm's may have no hyphen and no colon.
    init?(_ text: String) {
        var rest = text[...]
        if let colon = rest.firstIndex(of: ":") {
            guard let epoch = UInt32(rest[..<colon]) else { return nil }
            self.epoch = epoch
            rest = rest[rest.index(after: colon)...]
        } else {
            epoch = nil
        }
        if let hyphen = rest.lastIndex(of: "-") {
            release = String(rest[rest.index(after: hyphen)...])
            rest = rest[..<hyphen]
        } else {
            release = "1"
        }
        version = String(rest)
        guard !version.isEmpty, !release.isEmpty, !version.contains("-"), !version.contains(":") else { return nil }
    }

    /// As in names of files.
    var withoutEpoch: String { "\(version)-\(release)" }

    /// As in dependencies.
    var text: String { (epoch.map { "\($0):" } ?? "") + withoutEpoch }
}
