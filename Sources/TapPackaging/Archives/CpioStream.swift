import TapCompression

/// The payload of an rpm: a cpio archive of the form "newc", everything owned by root, one time for all.
///
/// The format is described in cpio(5), and how rpm uses it in "Payload" of "V4 Package format" in its manual.
final class CpioStream: ArchiveStream {
    /// The time of each member, in seconds since 1970, of up to 32 bits.
    private let date: Int
    /// Whether a file is larger than the form has digits for.
    ///
    /// Then, as rpm does it since 4.12, there is only a number before each file, its place in the header's list.
    private let isLarge: Bool
    private let takes: (LaidFile) -> Bool
    private let sink: ByteSink
    private var count = 0
    private var members = 0

    /// Begins an archive.
    ///
    /// - Parameters:
    ///   - date: the time of each member, in seconds since 1970, of up to 32 bits.
    ///   - isLarge: whether a file has more than 32 bits count.
    ///   - takes: what is to be in it of everything that is added.
    ///   - sink: where it goes.
    init(date: Int, isLarge: Bool, takes: @escaping (LaidFile) -> Bool, into sink: @escaping ByteSink) {
        (self.date, self.isLarge, self.takes, self.sink) = (date, isLarge, takes, sink)
    }

    func begin(_ file: LaidFile) throws {
        guard takes(file) else { return }
        guard isLarge || UInt32(exactly: file.size) != nil else { throw PackagingError.changed(file: file.place) }
        if isLarge {
            try write(Array(("07070X" + digits(members)).utf8))
            try pad()
        } else {
            try add("." + file.path, inode: members + 1, mode: file.modeWithType, size: file.size, date: date)
        }
        members += 1
        guard case .link(let target) = file.file.content else { return }
        try write(Array(target.utf8))
        try pad()
    }

    func write(_ bytes: UnsafeRawBufferPointer) throws {
        count += bytes.count
        try sink(bytes)
    }

    func end() throws { try pad() }

    /// Ends the archive.
    func finish() throws { try add("TRAILER!!!", inode: 0, mode: 0, size: 0, date: 0) }

    /// The header of a member: 13 numbers of eight digits behind the magic, and the name.
    private func add(_ name: String, inode: Int, mode: UInt16, size: Int, date: Int) throws {
        let links = 1
        let numbers = [inode, Int(mode), 0, 0, links, date, size, 0, 0, 0, 0, name.utf8.count + 1, 0]
        try write(Array(("070701" + numbers.map(digits).joined() + name + "\0").utf8))
        try pad()
    }

    private func digits(_ number: Int) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: 8 - digits.utf8.count) + digits
    }

    private func pad() throws { try write([UInt8](repeating: 0, count: -count & 3)) }

    private func write(_ bytes: [UInt8]) throws { try bytes.withUnsafeBytes { try write($0) } }
}

extension LaidFile {
    /// The permissions with what says whether it is a file, a link or a folder, as in `st_mode`.
    var modeWithType: UInt16 {
        switch file.content {
        case .folder: 0o040000 | file.mode
        case .link: 0o120000 | file.mode
        case .bytes, .file, .program: 0o100000 | file.mode
        }
    }
}
