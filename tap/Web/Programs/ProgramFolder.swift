import Glibc
import Taproom

/// A folder with programs or scripts, found by its path each time: where the path leads elsewhere after a new version was
/// put there, what is new counts.
struct ProgramFolder: Sendable {
    let path: String

    /// Its descriptor, for as long as this lives.
    final class Opened {
        let descriptor: CInt

        fileprivate init(_ descriptor: CInt) { self.descriptor = descriptor }

        deinit { close(descriptor) }

        /// The file or folder that names lead to without leaving this one.
        ///
        /// Throws why there is none.
        func find(_ names: ArraySlice<[UInt8]>) throws(OpenFailure) -> OpenFile {
            try OpenFile.open(Array(names.joined(separator: [UInt8(ascii: "/")])), below: descriptor, symlinks: .inside)
        }
    }

    /// Opens it.
    ///
    /// Throws ``ProgramFolderError``.
    func open() throws(ProgramFolderError) -> Opened {
        // O_PATH, which Glibc's module hides: programs can be started from a folder that can't be listed.
        let descriptor = Glibc.open(path, 0o10000000 | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw ProgramFolderError(path: path, code: errno) }
        return Opened(descriptor)
    }
}

/// A folder or program that is not there.
struct ProgramFolderError: Error, Equatable, CustomStringConvertible {
    let path: String
    let code: CInt

    var description: String {
        "\(SystemCallError("open \(path)", code: code)). Name what is there, and let the user that the service runs as read it."
    }
}
