import CTapSystem
import Glibc

/// A small process that stays root and removes what an application leaves in folders it may not change itself.
///
/// After root is given up, or in another root folder, an application can't remove its socket, its pid file and the empty log
/// of its tap any more. The process runs nothing but that; it waits until the application has ended, however it ended, and so
/// has the one that took its place.
package struct Sweeper: Sendable {
    /// Something to be removed.
    package struct Leftover: Sendable, Equatable {
        package enum Kind: Sendable, Equatable {
            /// The `-wal` and `-shm` of an SQLite file, when they are empty and not in use.
            case logOf
            case socket
            /// A file that is locked by who uses it.
            case pidFile
        }

        package var kind: Kind
        package var path: String

        package init(_ kind: Kind, _ path: String) {
            self.kind = kind
            self.path = path
        }

        /// The folder it is in.
        package var folder: String {
            guard let slash = path.lastIndex(of: "/") else { return "." }
            return slash == path.startIndex ? "/" : String(path[..<slash])
        }

        fileprivate var name: String { path.split(separator: "/").last.map(String.init) ?? path }
    }

    /// As long as a process has this open, nothing is removed.
    package let descriptor: CInt

    /// One that another process started, and that waits for this one too.
    package init(holding descriptor: CInt) { self.descriptor = descriptor }

    /// Starts the process.
    ///
    /// To be called as root, while there is one thread. Throws ``RunnerError/dropFailed(_:)``.
    package init(_ leftovers: [Leftover]) throws(RunnerError) {
        var items: [tap_leftover] = []
        defer {
            for item in items {
                close(item.directory)
                free(UnsafeMutablePointer(mutating: item.name))
            }
        }
        for leftover in leftovers {
            let directory = open(leftover.folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
            guard directory >= 0 else { throw .dropFailed("\(leftover.folder): \(String(cString: strerror(errno)))") }
            let kind: Unicode.Scalar =
                switch leftover.kind {
                case .logOf: "d"
                case .socket: "s"
                case .pidFile: "p"
                }
            items.append(
                tap_leftover(
                    directory: directory, name: strdup(leftover.name), kind: CChar(bitPattern: UInt8(ascii: kind))))
        }
        var held: CInt = -1
        guard tap_start_sweeper(items, items.count, &held) > 0 else {
            throw .dropFailed("no process could be started to clean up: \(String(cString: strerror(errno)))")
        }
        descriptor = held
    }
}
