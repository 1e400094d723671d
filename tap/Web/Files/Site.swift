import CTapSystem
import Glibc
import Logging
import Taproom

/// What a web service serves: its folder, open, and the rules for the names in it.
///
/// Shared by all event loops.
final class Site: Sendable {
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
        /// There is nothing to serve, for no folder is set.
        case welcome
    }

    /// O_PATH, which Glibc's module hides: a folder need not be readable for a file in it to be.
    private static let pathOnly: CInt = 0o10000000

    let settings: WebSettings
    let mediaTypes: MediaTypes
    let logger: Logger
    let counters: StoredCell<Counters, AtSnapshots>
    /// Whether each request is logged, which is asked too often to ask the logger.
    let logsRequests: Bool
    private let index: [[UInt8]]
    private let root: CInt?
    /// The name in the root's folder when a single file is served.
    private let singleFile: [UInt8]?

    /// Opens the folder.
    ///
    /// Throws ``SiteError``.
    init(_ settings: WebSettings, logger: Logger, counters: StoredCell<Counters, AtSnapshots>) throws(SiteError) {
        self.settings = settings
        self.logger = logger
        self.counters = counters
        logsRequests = logger.logLevel <= .debug
        mediaTypes = MediaTypes(additions: settings.types, default: settings.defaultType)
        index = settings.index.elements.map { Array($0.utf8) }
        guard let path = settings.static?.text else {
            root = nil
            singleFile = nil
            return
        }
        (root, singleFile) = try Site.open(path)
    }

    deinit {
        if let root { close(root) }
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
        let parent = Glibc.open(folder, Site.pathOnly | O_DIRECTORY | O_CLOEXEC)
        guard parent >= 0 else { throw SiteError(path: folder, code: errno) }
        return (parent, Array((slash.map { path[path.index(after: $0)...] } ?? path[...]).utf8))
    }

    /// Looks for what a path leads to.
    func find(_ path: RequestPath) -> Found {
        guard let root else { return path.segments.isEmpty ? .welcome : .nothing }
        if let singleFile {
            guard path.segments.isEmpty else { return .nothing }
            return find(singleFile, in: root, symlinks: .anywhere)
        }
        if path.isHidden && !settings.dotfiles { return .nothing }
        let found = find(path.fileName, in: root, symlinks: settings.symlinks)
        switch found {
        case .file where path.isFolder: return .nothing
        case .folder where !path.isFolder: return .folderWithoutSlash
        case .folder: return indexFile(of: path, in: root) ?? found
        default: return found
        }
    }

    private func find(_ name: [UInt8], in root: CInt, symlinks: WebSettings.Symlinks) -> Found {
        do throws(OpenFailure) {
            let file = try open(name, in: root, symlinks: symlinks)
            if file.facts.isFile { return .file(file, name: name, isSettled: true) }
            return file.facts.isFolder ? .folder(file) : .nothing
        } catch {
            return OpenFailure.meansNothingThere.contains(error.code) ? .nothing : .failure(error)
        }
    }

    private func open(
        _ name: [UInt8], in root: CInt, symlinks: WebSettings.Symlinks
    ) throws(OpenFailure) -> OpenFile {
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
        guard let root else { return nil }
        return try? open(name, in: root, symlinks: settings.symlinks).facts
    }

    private func indexFile(of path: RequestPath, in root: CInt) -> Found? {
        for (position, name) in index.enumerated() {
            let fileName = path.segments.isEmpty ? name : path.fileName + [UInt8(ascii: "/")] + name
            switch find(fileName, in: root, symlinks: settings.symlinks) {
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
        guard let root, fstatat(root, name, &status, 0) == 0 else { return nil }
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

    var description: String {
        let error = SystemCallError("open the folder \(path)", code: code)
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
