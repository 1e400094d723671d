import TapCompression
import Glibc
import Taproom

/// A file of a package as it lies in the tree.
struct LaidFile {
    let file: PackageFile
    /// Where it lies.
    let place: String
    /// How many bytes it has; of a link: how many its target has.
    var size = 0
    /// The checksum of a file's bytes in the format's way; empty for links and folders.
    var digest: [UInt8] = []

    /// The path on the machine where it is installed.
    var path: String { file.path }

    /// Reads the bytes of a file; links and folders have none.
    ///
    /// Throws when they are not those that were laid out, and what `body` throws.
    func read(_ body: ByteSink) throws {
        switch file.content {
        case .link, .folder: return
        case .bytes(let bytes): try bytes.withUnsafeBytes(body)
        case .file, .program:
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

    /// Makes the tree; of an earlier one the files stay until others take their places.
    ///
    /// Throws ``PackagingError/occupied(folder:)`` when something else is there.
    func begin() throws {
        let control = "\(path)/\(controlFolder)"
        if Disk.exists(path) {
            guard Disk.exists(control) else { throw PackagingError.occupied(folder: path) }
            // What it says is about the earlier one.
            try Disk.remove(control)
        }
        // First, so that a tree whose making was interrupted is known as one.
        try Disk.makeFolder(control)
    }

    /// Removes what was made, as far as it goes.
    func giveUp() { try? Disk.removeTree(path) }

    /// Puts files into the tree, with the folders above them, in place of all that is there.
    ///
    /// - Parameters:
    ///   - files: what is put there.
    ///   - digest: the checksum of each file.
    /// - Returns: all of it, in the order of the paths.
    /// - Throws: `SystemCallError` and ``PackagingError/changed(file:)``.
    func lay<Checksum: Digest>(_ files: [PackageFile], digest: Checksum.Type) throws -> [LaidFile] {
        var laid = try files.withFolders.map { LaidFile(file: $0, place: path + $0.path, size: try $0.size) }
        try removeOthers(than: laid)
        for file in laid {
            switch file.file.content {
            case .folder: try Disk.makeFolder(file.place)
            case .link(let target):
                guard symlink(target, file.place) == 0 else { throw SystemCallError("make the link \(file.place)") }
            case .bytes, .file, .program: break
            }
        }
        // The largest first: of those that are left at the end each thread has as many then.
        let order = laid.indices.filter { laid[$0].file.content.isFile }.sorted { laid[$0].size > laid[$1].size }
        let sums = try WorkQueue.results(of: order.map { laid[$0] }) { CopyLanes<Checksum>.copy($0) }
        for (index, sum) in zip(order, sums) { laid[index].digest = sum }
        return laid
    }

    /// Puts what only the packager's tool reads into the tree.
    ///
    /// Answers it with paths in the control folder.
    func layControl(_ files: [PackageFile]) throws -> [LaidFile] {
        let folder = PackageTree(path: "\(path)/\(controlFolder)", controlFolder: "")
        return try folder.lay(files, digest: NoDigest.self)
    }

    /// Removes what is not among files, or is there as something else than the file or folder that it is to be.
    private func removeOthers(than files: [LaidFile]) throws {
        var kinds: [String: mode_t] = [:]
        for file in files {
            switch file.file.content {
            case .folder: kinds[file.path] = S_IFDIR
            case .bytes, .file, .program: kinds[file.path] = S_IFREG
            // Made anew each time: there are few.
            case .link: break
            }
        }
        func removeOthers(in folder: String) throws {
            for name in try Disk.names(in: path + folder) where !folder.isEmpty || name != controlFolder {
                let member = "\(folder)/\(name)"
                let kind = try Disk.kind(of: path + member)
                if kinds[member] != kind {
                    try Disk.remove(path + member)
                } else if kind == S_IFDIR {
                    try removeOthers(in: member)
                }
            }
        }
        if Disk.exists(path) { try removeOthers(in: "") }
    }
}
