import Glibc

/// What tells one version of a file from another, and from other files.
struct FileFacts: Equatable, Sendable {
    let device: UInt64
    let inode: UInt64
    let mode: UInt32
    let size: Int64
    let modified: Int64
    let modifiedNanoseconds: Int64
    let changed: Int64
    let changedNanoseconds: Int64

    init(_ status: stat) {
        device = UInt64(status.st_dev)
        inode = UInt64(status.st_ino)
        mode = status.st_mode
        size = Int64(status.st_size)
        modified = Int64(status.st_mtim.tv_sec)
        modifiedNanoseconds = Int64(status.st_mtim.tv_nsec)
        changed = Int64(status.st_ctim.tv_sec)
        changedNanoseconds = Int64(status.st_ctim.tv_nsec)
    }

    var isFile: Bool { mode & S_IFMT == S_IFREG }
    var isFolder: Bool { mode & S_IFMT == S_IFDIR }
    var isLink: Bool { mode & S_IFMT == S_IFLNK }

    /// A strong entity tag with its quotes.
    var entityTag: String {
        let time = modified &* 1_000_000_000 &+ modifiedNanoseconds
        return "\"\(hexadecimal(inode))-\(hexadecimal(UInt64(bitPattern: time)))-\(hexadecimal(UInt64(max(0, size))))\""
    }

    private func hexadecimal(_ number: UInt64) -> String { String(number, radix: 16) }
}
