/// A file, link or folder of a package, owned by root unless it says otherwise.
package struct PackageFile: Sendable, Equatable {
    /// What is at the path.
    package enum Content: Sendable, Equatable {
        case bytes([UInt8])
        /// The bytes of a file of this machine.
        case file(String)
        /// The bytes of a program or library of this machine, without what only debuggers read.
        case program(StrippedProgram)
        /// A symbolic link.
        case link(to: String)
        /// A folder that is made even when nothing is in it.
        case folder

        /// The file of this machine that the bytes are read from, if there is one.
        var source: String? {
            switch self {
            case .file(let path): path
            case .program(let program): program.path
            case .bytes, .link, .folder: nil
            }
        }

        /// Whether it is a file, which has bytes.
        var isFile: Bool {
            switch self {
            case .bytes, .file, .program: true
            case .link, .folder: false
            }
        }
    }

    /// Who owns a file, as numbers.
    package struct Owner: Sendable, Equatable {
        package let user: UInt32
        package let group: UInt32

        package init(user: UInt32, group: UInt32) { (self.user, self.group) = (user, group) }

        package static let root = Owner(user: 0, group: 0)
    }

    /// The path on the machine where it is installed, beginning with /.
    package let path: String
    /// The permissions: 0o644, or 0o755 for programs and folders.
    package let mode: UInt16
    package let content: Content
    /// Whether it is the administrator's to edit: an upgrade keeps what was changed in it.
    package let isConfiguration: Bool
    /// Whose it is in an image; in other packages everything is root's.
    package let owner: Owner

    package init(
        _ path: String, mode: UInt16 = 0o644, _ content: Content, isConfiguration: Bool = false, owner: Owner = .root
    ) {
        precondition(path.hasPrefix("/") && !path.hasSuffix("/"), "the path of a file is absolute")
        self.path = path
        self.mode = mode
        self.content = content
        self.isConfiguration = isConfiguration
        self.owner = owner
    }

    package init(_ path: String, mode: UInt16 = 0o644, content: [UInt8]) {
        self.init(path, mode: mode, .bytes(content))
    }

    package init(_ path: String, mode: UInt16 = 0o644, text: String, isConfiguration: Bool = false) {
        self.init(path, mode: mode, .bytes(Array(text.utf8)), isConfiguration: isConfiguration)
    }

    package static func folder(_ path: String) -> PackageFile { PackageFile(path, mode: 0o755, .folder) }

    package static func link(_ path: String, to target: String) -> PackageFile {
        PackageFile(path, mode: 0o777, .link(to: target))
    }
}

extension PackageFile {
    /// How many bytes it has: of a link its target.
    ///
    /// Throws `SystemCallError` when the file of this machine can't be looked at.
    var size: Int {
        get throws {
            switch content {
            case .bytes(let bytes): bytes.count
            case .file(let path): try Disk.size(of: path)
            case .program(let program): program.size
            case .link(let target): target.utf8.count
            case .folder: 0
            }
        }
    }
}

extension [PackageFile] {
    /// How many bytes all of them have, before they are compressed.
    var size: Int { get throws { try reduce(0) { $0 + (try $1.size) } } }

    /// A path at which there are two things of them; the same file may be there twice, and a folder.
    var collision: String? {
        var contents: [String: PackageFile.Content] = [:]
        for file in self {
            if let other = contents[file.path], other != file.content { return file.path }
            contents[file.path] = file.content
        }
        for file in self {
            for index in file.path.indices where file.path[index] == "/" {
                let above = String(file.path[..<index])
                if let other = contents[above], other != .folder { return above }
            }
        }
        return nil
    }

    /// The same files and every folder above them, each before what is in it; no path stands twice.
    var withFolders: [PackageFile] {
        var all: [String: PackageFile] = [:]
        for file in self {
            if all[file.path] == nil || file.content != .folder { all[file.path] = file }
            var folder = file.path[...]
            while let slash = folder.lastIndex(of: "/"), slash > folder.startIndex {
                folder = folder[..<slash]
                if all[String(folder)] == nil { all[String(folder)] = .folder(String(folder)) }
            }
        }
        return all.values.sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
    }
}
