import Glibc
import Taproom

/// A file of a package as it lies in the tree.
struct LaidFile {
    let file: PackageFile
    /// Where it lies.
    let place: String
    /// How many bytes it has; of a link: how many its target has.
    let size: Int
    /// The checksum of a file's bytes in the format's way; empty for links and folders.
    let digest: [UInt8]

    /// The path on the machine where it is installed.
    var path: String { file.path }

    /// Reads the bytes of a file; links and folders have none.
    ///
    /// Throws when they are not those that were laid out, and what `body` throws.
    func read(_ body: ByteSink) throws {
        switch file.content {
        case .link, .folder: return
        case .bytes(let bytes): try bytes.withUnsafeBytes(body)
        case .file:
            var count = 0
            try Disk.read(place) { bytes in
                count += bytes.count
                guard count <= size else { throw PackagingError.changed(file: place) }
                try body(bytes)
            }
            guard count == size else { throw PackagingError.changed(file: place) }
        }
    }
}

/// The folder beside a package that shows what is in it.
package struct PackageTree {
    let path: String
    /// The folder in the tree that bears what only the packager's tool reads, such as `DEBIAN`.
    let controlFolder: String

    /// Makes the empty tree, in place of an earlier one.
    ///
    /// Throws ``PackagingError/occupied(folder:)`` when something else is there.
    func begin() throws {
        if Disk.exists(path) {
            guard Disk.exists("\(path)/\(controlFolder)") else { throw PackagingError.occupied(folder: path) }
            try Disk.removeTree(path)
        }
        // First, so that a tree whose making was interrupted is known as one.
        try Disk.makeFolder("\(path)/\(controlFolder)")
    }

    /// Removes what was made, as far as it goes.
    func giveUp() { try? Disk.removeTree(path) }

    /// Puts files into the tree, in the order of their paths, with the folders above them.
    ///
    /// Answers all of it; that of which the bytes are copied is read once.
    func lay<Checksum: Digest>(_ files: [PackageFile], digest: Checksum.Type) throws -> [LaidFile] {
        try files.withFolders.map { try lay($0, Checksum.self) }
    }

    /// Puts what only the packager's tool reads into the tree.
    ///
    /// Answers it with paths in the control folder.
    func layControl(_ files: [PackageFile]) throws -> [LaidFile] {
        let folder = PackageTree(path: "\(path)/\(controlFolder)", controlFolder: "")
        return try folder.lay(files, digest: NoDigest.self)
    }

    private func lay<Checksum: Digest>(_ file: PackageFile, _ digest: Checksum.Type) throws -> LaidFile {
        let place = path + file.path
        var checksum = Checksum()
        var size = 0
        switch file.content {
        case .folder: try Disk.makeFolder(place)
        case .link(let target):
            guard symlink(target, place) == 0 else { throw SystemCallError("make the link \(place)") }
            return LaidFile(file: file, place: place, size: target.utf8.count, digest: [])
        case .bytes(let bytes):
            try Disk.create(place, mode: file.mode, content: bytes)
            bytes.withUnsafeBytes { checksum.add($0) }
            size = bytes.count
        case .file(let source):
            try Disk.create(place, mode: file.mode) { target in
                try Disk.read(source) { bytes in
                    checksum.add(bytes)
                    size += bytes.count
                    try Disk.write(bytes, to: target, place)
                }
            }
        }
        let isFolder = file.content == .folder
        return LaidFile(file: file, place: place, size: size, digest: isFolder ? [] : checksum.finish())
    }
}
