import Taproom

/// Puts a package on a disk: its `.deb`, and the unpacked tree for reading.
package struct PackageWriter: Sendable {
    /// What was written.
    package struct Result: Sendable, Equatable {
        /// The path of the `.deb`, below the folder that was given.
        package let path: String
        /// Its size in bytes.
        package let size: Int
        /// The path of the tree.
        package let tree: String
    }

    /// The folder that gets both, made if it is missing.
    package let folder: String

    package init(folder: String = ".build") { self.folder = folder }

    /// Writes `PKG-VERSION/`, in place of an earlier one, and then `PKG_VERSION_all.deb`.
    ///
    /// The `.deb` under its name is always whole: the earlier one or this one. Throws ``PackagingError/system(_:)``, or
    /// ``PackagingError/occupied(folder:)`` when the folder `PKG-VERSION` is not an earlier tree, and leaves it then.
    package func write(_ package: DebianPackage) throws(PackagingError) -> Result {
        do {
            let tree = "\(folder)/\(package.treeName)"
            let path = "\(folder)/\(package.fileName)"
            let archive = DebianArchive(package)
            try Disk.makeFolder(folder)
            try writeTree(package, at: tree)
            try Disk.replace(path, with: archive.bytes)
            return Result(path: path, size: archive.bytes.count, tree: tree)
        } catch let error as PackagingError {
            throw error
        } catch let error as SystemCallError {
            throw .system(error)
        } catch {
            preconditionFailure("Disk throws errors of system calls only")
        }
    }

    private func writeTree(_ package: DebianPackage, at tree: String) throws {
        if Disk.exists(tree) {
            guard Disk.exists(tree + "/DEBIAN/control") else { throw PackagingError.occupied(folder: tree) }
            try Disk.removeTree(tree)
        }
        // First, so that a tree whose writing was interrupted is known as one.
        for file in package.controlFiles + package.files {
            let path = tree + file.path
            try Disk.makeFolder(String(path[..<(path.lastIndex(of: "/") ?? path.endIndex)]))
            try Disk.create(path, mode: file.mode, content: file.content)
        }
    }
}
