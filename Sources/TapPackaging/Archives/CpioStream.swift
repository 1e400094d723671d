/// The payload of an rpm: a cpio archive of the form "newc", everything owned by root, one time for all.
///
/// The format is described in cpio(5), and how rpm uses it in "Payload" of "V4 Package format" in its manual.
struct CpioStream {
    /// The time of each member, in seconds since 1970.
    private let date: Int
    /// Whether a file is larger than the form has digits for.
    ///
    /// Then, as rpm does it since 4.12, there is only a number before each file, its place in the header's list.
    private let isLarge: Bool
    private let sink: ByteSink
    private var count = 0

    private init(date: Int, isLarge: Bool, into sink: @escaping ByteSink) {
        (self.date, self.isLarge, self.sink) = (date, isLarge, sink)
    }

    /// Writes a whole archive.
    ///
    /// - Parameters:
    ///   - files: what is in it, in the order of the header's list.
    ///   - date: the time of each member, in seconds since 1970, of up to 32 bits.
    ///   - sink: where it goes.
    /// - Throws: what reading a file throws, and what the sink does.
    static func write(_ files: [LaidFile], date: Int, into sink: @escaping ByteSink) throws {
        var stream = CpioStream(date: date, isLarge: isLarge(files), into: sink)
        for (index, file) in files.enumerated() { try stream.add(file, index) }
        try stream.add("TRAILER!!!", inode: 0, mode: 0, size: 0, date: 0)
    }

    /// Whether one of the files is larger than the form has digits for.
    static func isLarge(_ files: [LaidFile]) -> Bool { files.contains { $0.size > Int(UInt32.max) } }

    private mutating func add(_ file: LaidFile, _ index: Int) throws {
        if isLarge {
            try write(Array(("07070X" + digits(index)).utf8))
            try pad()
        } else {
            try add("." + file.path, inode: index + 1, mode: file.modeWithType, size: file.size, date: date)
        }
        if case .link(let target) = file.file.content { try write(Array(target.utf8)) }
        try file.read { try write($0) }
        try pad()
    }

    /// The header of a member: 13 numbers of eight digits behind the magic, and the name.
    private mutating func add(_ name: String, inode: Int, mode: UInt16, size: Int, date: Int) throws {
        let links = 1
        let numbers = [inode, Int(mode), 0, 0, links, date, size, 0, 0, 0, 0, name.utf8.count + 1, 0]
        try write(Array(("070701" + numbers.map(digits).joined() + name + "\0").utf8))
        try pad()
    }

    private func digits(_ number: Int) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: 8 - digits.utf8.count) + digits
    }

    private mutating func pad() throws { try write([UInt8](repeating: 0, count: -count & 3)) }

    private mutating func write(_ bytes: [UInt8]) throws { try bytes.withUnsafeBytes { try write($0) } }

    private mutating func write(_ bytes: UnsafeRawBufferPointer) throws {
        count += bytes.count
        try sink(bytes)
    }
}

extension LaidFile {
    /// The permissions with what says whether it is a file, a link or a folder, as in `st_mode`.
    var modeWithType: UInt16 {
        switch file.content {
        case .folder: 0o040000 | file.mode
        case .link: 0o120000 | file.mode
        case .bytes, .file: 0o100000 | file.mode
        }
    }
}
