import Glibc

/// Opens log files.
enum LogFile {
    private static let flags = O_WRONLY | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK

    /// Opens the file at a path, which is made when there is none.
    ///
    /// A pipe or a device can be reached through a symbolic link (`/dev/stdout` is one), a file can't: whoever may write
    /// into the folder could have root write, and give away, a file of their choice.
    static func open(_ path: String) throws(LogError) -> OpenFile {
        let descriptor = Glibc.open(path, flags | O_CREAT | O_NOFOLLOW, 0o640)
        if descriptor >= 0 { return OpenFile(descriptor) }
        guard errno == ELOOP else { throw .cannotOpen(path: path, code: errno) }
        let followed = Glibc.open(path, flags)
        guard followed >= 0 else { throw .cannotOpen(path: path, code: errno) }
        let file = OpenFile(followed)
        guard status(of: followed)?.isRegular == false else { throw .isLink(path: path) }
        return file
    }

    /// Makes a file that must not be there yet; nil, with errno set, when that can't be done.
    static func make(_ path: String) -> OpenFile? {
        let descriptor = Glibc.open(path, flags | O_CREAT | O_EXCL, 0o640)
        return descriptor < 0 ? nil : OpenFile(descriptor)
    }

    /// Whether the last line of a file at a path lacks its end, as when the process that wrote it was killed.
    ///
    /// False where that can't be told.
    static func isCut(_ file: OpenFile, at path: String) -> Bool {
        guard let status = status(of: file.descriptor), status.isRegular, status.size > 0 else { return false }
        let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | O_NOFOLLOW)
        guard descriptor >= 0 else { return false }
        let reader = OpenFile(descriptor)
        var last = LineWriter.end
        return Self.status(of: descriptor)?.isSameFile(as: status) == true
            && pread(reader.descriptor, &last, 1, off_t(status.size - 1)) == 1 && last != LineWriter.end
    }

    /// What is known about an open file.
    static func status(of descriptor: CInt) -> Status? {
        var file = stat()
        return fstat(descriptor, &file) == 0 ? Status(file) : nil
    }

    /// What is known about a file at a path; nil, with errno set, when there is none.
    static func status(at path: String) -> Status? {
        var file = stat()
        return stat(path, &file) == 0 ? Status(file) : nil
    }

    /// The part of stat(2) that matters here.
    struct Status {
        var device: UInt
        var inode: UInt
        var size: Int64
        var isRegular: Bool
        var names: UInt

        init(_ file: stat) {
            (device, inode, size) = (UInt(file.st_dev), UInt(file.st_ino), Int64(file.st_size))
            isRegular = file.st_mode & S_IFMT == S_IFREG
            names = UInt(file.st_nlink)
        }

        func isSameFile(as other: Status) -> Bool { device == other.device && inode == other.inode }
    }
}
