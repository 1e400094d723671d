import Glibc
import Taproom

/// A file or folder of this machine that goes into a package.
package struct PackageInclude: Sendable {
    /// The absolute path on this machine.
    package let source: String
    /// The path where it is installed.
    let target: String

    /// Reads `PATH` or `PATH=TARGET`.
    ///
    /// Throws ``PackagingError/include(path:problem:)``.
    package init(_ text: String, package: String) throws {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let path = parts[0]
        // What a variable leaves that is not set, and not the folder where somebody happens to be.
        guard !path.isEmpty else {
            throw PackagingError.include(path: "\"\(text)\"", problem: "it names no file or folder")
        }
        guard let real = realpath(path, nil) else {
            throw PackagingError.include(path: path, problem: SystemCallError("read").reason)
        }
        defer { free(real) }
        source = String(cString: real)
        let name = source.split(separator: "/").last.map(String.init) ?? "root"
        let target = parts.count > 1 ? parts[1] : "/usr/share/\(package)/\(name)"
        let steps = target.split(separator: "/").filter { $0 != "." }
        guard target.hasPrefix("/"), !steps.isEmpty, !steps.contains("..") else {
            throw PackagingError.include(path: path, problem: "its target \"\(target)\" is no absolute path")
        }
        self.target = steps.map { "/" + $0 }.joined()
    }

    /// Whether a folder, which may not be there yet, is what is included, or in it.
    package func holds(_ folder: String) -> Bool {
        if let real = realpath(folder, nil) {
            defer { free(real) }
            return moved(String(cString: real)) != nil
        }
        // Where it will be made.
        guard let slash = folder.lastIndex(of: "/") else { return folder != "." && holds(".") }
        return folder != "/" && holds(slash == folder.startIndex ? "/" : String(folder[..<slash]))
    }

    /// Where a path of this machine is in the package, if it is what is included, or in it.
    func moved(_ path: String) -> String? {
        if path == source { return target }
        guard path.hasPrefix(source + "/") else { return nil }
        return target + path.dropFirst(source.count)
    }

    /// Everything that is included.
    ///
    /// Modes are those of a package: what its owner may run everyone may, what is there everyone may read. Throws
    /// ``PackagingError/include(path:problem:)`` for what can't be in a package: devices and sockets, names that are not
    /// UTF-8 or have control characters, links that lead out of what is included.
    package func files() throws -> [PackageFile] { try files(at: source, target) }

    private func files(at path: String, _ target: String) throws -> [PackageFile] {
        guard !target.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) else {
            throw PackagingError.include(path: path, problem: "its name has control characters")
        }
        var status = stat()
        guard lstat(path, &status) == 0 else {
            throw PackagingError.include(path: path, problem: SystemCallError("read").reason)
        }
        switch status.st_mode & S_IFMT {
        case S_IFREG:
            guard access(path, R_OK) == 0 else {
                throw PackagingError.include(path: path, problem: SystemCallError("read").reason)
            }
            return [PackageFile(target, mode: status.st_mode & S_IXUSR != 0 ? 0o755 : 0o644, .file(path))]
        case S_IFLNK: return [.link(target, to: try linkTarget(path))]
        case S_IFDIR:
            let names = try Disk.names(in: path)
            return try [.folder(target)] + names.flatMap { try files(at: "\(path)/\($0)", "\(target)/\($0)") }
        default: throw PackagingError.include(path: path, problem: "it is no file, folder or link")
        }
    }

    /// Where a link leads to, seen from its place: never out of what is included, here or where it is installed.
    private func linkTarget(_ path: String) throws -> String {
        var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
        let count = readlink(path, &buffer, buffer.count)
        guard count > 0, let text = String(validating: buffer[..<count], as: UTF8.self) else {
            throw PackagingError.include(path: path, problem: "it is a link that can't be read")
        }
        let folder = path.split(separator: "/").dropLast()
        let steps = text.hasPrefix("/") ? [] : Array(folder)
        let end = (steps + text.split(separator: "/")).reduce(into: [Substring]()) { steps, step in
            if step == ".." { _ = steps.popLast() } else if step != "." { steps.append(step) }
        }
        let inside = source.split(separator: "/")
        guard end.starts(with: inside) else {
            throw PackagingError.include(path: path, problem: "it is a link to \(text), which is not included")
        }
        // As far up as the two have nothing in common, and down from there.
        let common = zip(folder, end).prefix { $0 == $1 }.count
        let relative = Array(repeating: "..", count: folder.count - common) + end.dropFirst(common)
        return relative.isEmpty ? "." : relative.joined(separator: "/")
    }
}
