import Taproom

/// The files of a package as the header lists them: a column for each property, a row for each file.
struct RPMFileList {
    /// What rpm does with a file, as "Fileflags" in rpm's manual, under the names `RPMFILE_`.
    struct Flags: OptionSet {
        let rawValue: UInt32

        static let configuration = Flags(rawValue: 1 << 0)
        static let documentation = Flags(rawValue: 1 << 1)
        /// An upgrade keeps what was changed in it.
        static let notReplaced = Flags(rawValue: 1 << 4)
        static let license = Flags(rawValue: 1 << 7)

        /// As in the list of a spec file.
        var text: String {
            contains(.configuration)
                ? "%config(noreplace) " : contains(.documentation) ? "%doc " : contains(.license) ? "%license " : ""
        }
    }

    /// What the package has; folders of others are not among it.
    let files: [LaidFile]
    let places: InstancePlaces
    /// The time of each file, in seconds since 1970, of up to 32 bits.
    let date: Int
    /// Whether a file is too large for the usual form.
    let isLarge: Bool

    /// The number of bytes of all files.
    var size: Int { files.reduce(0) { $0 + $1.size } }

    /// How rpm is to treat a file.
    func flags(of file: LaidFile) -> Flags {
        if file.file.isConfiguration { return [.configuration, .notReplaced] }
        guard file.file.content != .folder else { return [] }
        let isDocument = [places.documentation + "/", "/usr/share/man/"].contains { file.path.hasPrefix($0) }
        return file.path.hasPrefix(places.license + "/") ? .license : isDocument ? .documentation : []
    }

    /// Puts the list into a header.
    func add(to header: inout RPMHeader) {
        let folders = Array(Set(files.map(\.folderName))).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        let indexes = Dictionary(uniqueKeysWithValues: folders.enumerated().map { ($1, UInt32($0)) })
        func column<Element>(_ property: (LaidFile) -> Element) -> [Element] { files.map(property) }

        header[.folderNames] = .strings(folders)
        header[.folderIndexes] = .int32(column { indexes[$0.folderName] ?? 0 })
        header[.baseNames] = .strings(column(\.baseName))
        header[.fileModes] = .int16(column(\.modeWithType))
        header[.fileTimes] = .int32(column { _ in UInt32(date) })
        header[.fileDigests] = .strings(column(\.digest.hexadecimal))
        header[.fileDigestAlgorithm] = .int32([RPMHeader.sha256])
        header[.fileLinks] = .strings(column(\.linkTarget))
        header[.fileFlags] = .int32(column { flags(of: $0).rawValue })
        header[.fileUsers] = .strings(column { _ in "root" })
        header[.fileGroups] = .strings(column { _ in "root" })
        header[.fileLanguages] = .strings(column { _ in "" })
        header[.fileDevices] = .int16(column { _ in 0 })
        header[.fileSystems] = .int32(column { _ in 1 })
        header[.fileInodes] = .int32((0..<UInt32(files.count)).map { $0 + 1 })
        header[.fileVerifyFlags] = .int32(column { _ in .max })
        if isLarge {
            header[.longFileSizes] = .int64(column { UInt64($0.size) })
        } else {
            header[.fileSizes] = .int32(column { UInt32($0.size) })
        }
        header.set(.size, .longSize, to: size)
    }

    /// The list as people read it.
    var text: String {
        files.map { file in
            let mode = String(file.modeWithType & 0o7777, radix: 8)
            let isFolder = file.file.content == .folder
            let end = file.linkTarget.isEmpty ? "" : " -> " + file.linkTarget
            return "\(flags(of: file).text)\(isFolder ? "%dir " : "")%attr(0\(mode), root, root) \(file.path)\(end)\n"
        }.joined()
    }
}

extension LaidFile {
    /// The folder it is in, with a slash at its end.
    fileprivate var folderName: String { String(path[...(path.lastIndex(of: "/") ?? path.startIndex)]) }
    fileprivate var baseName: String { String(path.dropFirst(folderName.count)) }

    fileprivate var linkTarget: String {
        guard case .link(let target) = file.content else { return "" }
        return target
    }
}

extension RPMHeader {
    /// SHA-256 in the numbers that OpenPGP has for checksums (RFC 4880, 9.4).
    static let sha256: UInt32 = 8

    /// Stores a size under the tag for 32 bits, or under the other one if it is larger.
    mutating func set(_ tag: RPMTag, _ longTag: RPMTag, to size: Int) {
        if let size = UInt32(exactly: size) {
            self[tag] = .int32([size])
        } else {
            self[longTag] = .int64([UInt64(size)])
        }
    }
}
