import Glibc
public import Taproom

/// A folder for a test, removed with all that is in it when this goes away.
public final class TemporaryFolder: Sendable {
    /// Its absolute path.
    public let path: String

    /// Where temporary files belong: `TMPDIR`, or `/tmp` ("Environment Variables" of POSIX.1-2017, section 8.3).
    public static let parent: String = {
        let named = getenv("TMPDIR").map { String(cString: $0) } ?? ""
        return named.hasPrefix("/") ? named : "/tmp"
    }()

    /// Makes an empty folder in another one.
    ///
    /// Throws ``SystemCallError``.
    public init(in parent: String = TemporaryFolder.parent) throws {
        // mkdtemp(3) wants six X at the end, and puts a name that nobody has in their place.
        var template = Array("\(parent)/taproom-test-\(String(repeating: "X", count: 6))".utf8CString)
        guard mkdtemp(&template) != nil else { throw SystemCallError("make a temporary folder") }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit { TemporaryFolder.remove(path.utf8CString.dropLast(), in: AT_FDCWD) }

    /// Removes a file, or a folder with all that is in it.
    ///
    /// Links are removed and not followed; names need not be UTF-8.
    private static func remove(_ name: some Collection<CChar>, in folder: CInt) {
        let name = Array(name) + [0]
        if unlinkat(folder, name, 0) == 0 { return }
        // A folder that may not be read can still be emptied by its owner.
        fchmodat(folder, name, 0o700, 0)
        let descriptor = openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard descriptor >= 0, let stream = fdopendir(descriptor) else { return }
        while let entry = readdir(stream) {
            let child = withUnsafeBytes(of: &entry.pointee.d_name) {
                $0.prefix { $0 != 0 }.map { CChar(bitPattern: $0) }
            }
            if child != [0x2E] && child != [0x2E, 0x2E] { remove(child, in: descriptor) }
        }
        closedir(stream)
        unlinkat(folder, name, AT_REMOVEDIR)
    }

    /// The path of a name in the folder.
    public subscript(name: String) -> String { path + "/" + name }

    /// The path as settings take it.
    public var local: LocalPath { LocalPath(path) }

    /// Writes a file that everybody may read, in place of one that is there, and makes the folders on the way.
    ///
    /// Modes are given afterwards: whoever runs the tests may have a `umask` that keeps others out.
    public func write(_ contents: some Sequence<UInt8>, to name: String) throws {
        makeParents(of: name)
        let bytes = Array(contents)
        let isNew = access(self[name], F_OK) != 0
        let file = open(self[name], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard file >= 0 else { throw SystemCallError("write \(self[name])") }
        defer { close(file) }
        if isNew { fchmod(file, 0o644) }
        guard Glibc.write(file, bytes, bytes.count) == bytes.count else { throw SystemCallError("write \(self[name])") }
    }

    /// Writes a file of text.
    public func write(_ text: String, to name: String) throws { try write(text.utf8, to: name) }

    /// Makes an empty folder in it that everybody may enter, and those on the way.
    public func makeFolder(_ name: String) throws {
        makeParents(of: name)
        guard mkdir(self[name], 0o755) == 0 else { throw SystemCallError("make \(self[name])") }
        chmod(self[name], 0o755)
    }

    private func makeParents(of name: String) {
        for slash in name.indices where name[slash] == "/" {
            let parent = self[String(name[..<slash])]
            if mkdir(parent, 0o755) == 0 { chmod(parent, 0o755) }
        }
    }

    /// Makes a symbolic link in it.
    public func link(_ name: String, to target: String) throws {
        guard symlink(target, self[name]) == 0 else { throw SystemCallError("link \(self[name])") }
    }
}
