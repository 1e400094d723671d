import CTapSystem
import Glibc
import Taproom

/// A folder or single file that is served: open, with the rules for the names in it.
///
/// Shared by all event loops.
final class FileTree: Sendable {
    /// Something that a path leads to.
    enum Found {
        /// A file, its name below the root, and whether the path will lead to it as long as it is the same file.
        case file(OpenFile, name: [UInt8], isSettled: Bool)
        /// A folder that is asked for without the slash.
        case folderWithoutSlash
        /// A folder without an index file.
        case folder(OpenFile)
        case failure(OpenFailure)
        case nothing
    }

    /// O_PATH, which Glibc's module hides: a folder need not be readable for a file in it to be.
    private static let pathOnly: CInt = 0o10000000

    let rules: FileRules
    /// Whether it is the same folder as long as the settings are, so that what was read may be kept in memory.
    let isLasting: Bool
    private let index: [[UInt8]]
    private let extensions: [[UInt8]]
    private let root: CInt
    /// The name in the root's folder when a single file is served.
    private let singleFile: [UInt8]?

    /// Opens the folder.
    ///
    /// Throws ``SiteError``.
    convenience init(_ path: LocalPath, _ rules: FileRules) throws(SiteError) {
        self.init(try FileTree.open(path.text), rules, isLasting: true)
    }

    /// Serves a folder that is open, and closes it in the end; another folder may take its place at any time.
    convenience init(opened root: CInt, _ rules: FileRules) { self.init((root, nil), rules, isLasting: false) }

    private init(_ opened: (root: CInt, singleFile: [UInt8]?), _ rules: FileRules, isLasting: Bool) {
        (self.rules, self.isLasting) = (rules, isLasting)
        index = rules.index.map { Array($0.utf8) }
        extensions = rules.extensions.map { Array(".\($0)".utf8) }
        (root, singleFile) = opened
    }

    deinit {
        close(root)
    }

    private static func open(_ path: String) throws(SiteError) -> (root: CInt, singleFile: [UInt8]?) {
        let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw SiteError(path: path, code: errno) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw SiteError(path: path, code: errno) }
        let facts = FileFacts(status)
        if facts.isFolder { return (descriptor, nil) }
        close(descriptor)
        guard facts.isFile else { throw SiteError(path: path, code: ENOTDIR) }
        // The file's folder is kept instead of the file, so that a new file under the same name is seen.
        let slash = path.lastIndex(of: "/")
        let folder = slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        let parent = Glibc.open(folder, FileTree.pathOnly | O_DIRECTORY | O_CLOEXEC)
        guard parent >= 0 else { throw SiteError(path: folder, code: errno) }
        return (parent, Array((slash.map { path[path.index(after: $0)...] } ?? path[...]).utf8))
    }

    /// Looks for what a path leads to.
    func find(_ path: RequestPath) -> Found {
        if let singleFile {
            guard path.names.isEmpty else { return .nothing }
            return find(singleFile, symlinks: .anywhere)
        }
        if path.isHidden && !rules.dotfiles { return .nothing }
        let found = find(path.fileName, symlinks: rules.symlinks)
        switch found {
        case .file where path.isFolder: return fallback ?? .nothing
        case .folder where !path.isFolder: return .folderWithoutSlash
        case .folder: return indexFile(of: path) ?? found
        case .nothing: return (path.isFolder ? nil : withExtension(path)) ?? fallback ?? .nothing
        default: return found
        }
    }

    /// A file by its name below the root; nil when it is none, or not to be served.
    func sidecar(_ name: [UInt8]) -> OpenFile? {
        if case .file(let file, _, _) = find(name, symlinks: rules.symlinks) { file } else { nil }
    }

    /// The file with the path's name and one of the endings that may be left out.
    private func withExtension(_ path: RequestPath) -> Found? {
        for ending in extensions {
            if case .file(let file, let name, _) = find(path.fileName + ending, symlinks: rules.symlinks) {
                // The name without the ending can appear at any time.
                return .file(file, name: name, isSettled: false)
            }
        }
        return nil
    }

    /// The file that is sent when nothing is found.
    private var fallback: Found? {
        guard let name = rules.fallback, case .file(let file, let name, _) = find(name, symlinks: rules.symlinks) else {
            return nil
        }
        return .file(file, name: name, isSettled: false)
    }

    private func find(_ name: [UInt8], symlinks: WebSettings.Symlinks) -> Found {
        do throws(OpenFailure) {
            let file = try open(name, symlinks: symlinks)
            if file.facts.isFile { return .file(file, name: name, isSettled: true) }
            return file.facts.isFolder ? .folder(file) : .nothing
        } catch {
            return OpenFailure.meansNothingThere.contains(error.code) ? .nothing : .failure(error)
        }
    }

    private func open(_ name: [UInt8], symlinks: WebSettings.Symlinks) throws(OpenFailure) -> OpenFile {
        do throws(OpenFailure) {
            return try OpenFile.open(name, below: root, symlinks: symlinks)
        } catch {
            guard error.code == EXDEV, symlinks == .inside else { throw error }
            // For the kernel every absolute link leads outside: what counts is where the file is that it leads to.
            let file = try OpenFile.open(name, below: root, symlinks: .anywhere)
            guard let inside = OpenFile.place(root), let place = file.place,
                place == inside || place.starts(with: inside == [0x2F] ? inside : inside + [0x2F])
            else { throw error }
            return file
        }
    }

    /// What a symbolic link below the root leads to, or nil when it is not to be followed.
    func linkFacts(_ name: [UInt8]) -> FileFacts? {
        try? open(name, symlinks: rules.symlinks).facts
    }

    private func indexFile(of path: RequestPath) -> Found? {
        for (position, name) in index.enumerated() {
            let fileName = path.names.isEmpty ? name : path.fileName + [UInt8(ascii: "/")] + name
            switch find(fileName, symlinks: rules.symlinks) {
            // A name that comes earlier in the list can appear at any time.
            case .file(let file, let name, _): return .file(file, name: name, isSettled: position == 0)
            case .failure(let failure): return .failure(failure)
            default: continue
            }
        }
        return nil
    }

    /// What a file below the root is now, or nil when it is not there.
    func facts(_ name: [CChar]) -> FileFacts? {
        var status = stat()
        guard fstatat(root, name, &status, 0) == 0 else { return nil }
        return FileFacts(status)
    }
}

extension OpenFailure {
    /// Errors that say that there is nothing to be served, also because it is out of bounds.
    static let meansNothingThere: Set<CInt> = [ENOENT, ENOTDIR, ENAMETOOLONG, ELOOP, EXDEV, ENXIO, ENODEV]
}

/// A folder or file that can't be served.
struct SiteError: Error, Equatable, CustomStringConvertible {
    let path: String
    let code: CInt
    /// Whether it is the page of an error.
    var isPage = false

    var description: String {
        let error = SystemCallError("open the \(isPage ? "page" : "folder") \(path)", code: code)
        guard !isPage else { return "\(error). Each of errorPages must be a file of at most 1 MiB that can be read." }
        let advice =
            switch code {
            case ENOENT: "Make it, or set static to one that is there."
            case EACCES: "Let the user that the service runs as read it."
            case ENOTDIR: "Set static to a folder or a file."
            default: "Set static to a folder that can be read."
            }
        return "\(error). \(advice)"
    }
}
