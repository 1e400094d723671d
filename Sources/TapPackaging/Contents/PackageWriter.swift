import Glibc
import Taproom

/// Puts a package on a disk: its file, and the unpacked tree for reading.
package struct PackageWriter: Sendable {
    /// What was written.
    package struct Result: Sendable, Equatable {
        /// The path of the package, below the folder that was given.
        package let path: String
        /// Its size in bytes.
        package let size: Int
        /// The path of the tree.
        package let tree: String
    }

    /// The folder that gets both, made if it is missing.
    package let folder: String

    package init(folder: String = ".build") { self.folder = folder }

    /// Lays out the tree, in place of an earlier one, and packs it.
    ///
    /// The package under its name is always whole: the earlier one or this one. Throws ``PackagingError/system(_:)``,
    /// ``PackagingError/invalid(_:)`` when there are two files for one path, or
    /// ``PackagingError/occupied(folder:)`` when the folder of the tree is not an earlier tree, and leaves it then. Of what
    /// could not be written to its end nothing is left.
    package func write(_ package: some PackageFormat) throws(PackagingError) -> Result {
        if let path = package.files.collision { throw .invalid([.collision(path)]) }
        let isFolderNew = !Disk.exists(folder)
        do throws(PackagingError) {
            return try make(package)
        } catch {
            if isFolderNew { rmdir(folder) }
            throw error
        }
    }

    private func make(_ package: some PackageFormat) throws(PackagingError) -> Result {
        do {
            let path = "\(folder)/\(package.fileName)"
            let tree = PackageTree(path: "\(folder)/\(package.treeName)", controlFolder: package.controlFolder)
            try Disk.makeFolder(folder)
            let output = try OutputFile(path)
            try tree.begin()
            do {
                try package.pack(tree, into: output)
                try output.finish()
            } catch {
                tree.giveUp()
                throw error
            }
            return Result(path: path, size: output.count, tree: tree.path)
        } catch let error as PackagingError {
            throw error
        } catch let error as SystemCallError {
            throw .system(error)
        } catch {
            preconditionFailure("packing throws errors of its own and of system calls")
        }
    }
}
