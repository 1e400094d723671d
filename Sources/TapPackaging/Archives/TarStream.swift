import TapCompression

/// A tar archive as dpkg-deb writes it: the GNU format, and one time for everything.
///
/// The format is described in "Basic Tar Format" of the manual of GNU tar.
final class TarStream: ArchiveStream {
    private static let blockSize = 512

    /// The time of each member, in seconds since 1970.
    private let date: Int
    /// What the paths begin with instead of a slash: `./` in a `.deb`, nothing in a layer of an image.
    private let prefix: String
    private let sink: ByteSink
    private var count = 0

    /// Begins an archive, with the root folder when paths have a prefix.
    init(date: Int, prefix: String = "./", into sink: @escaping ByteSink) throws {
        (self.date, self.prefix, self.sink) = (date, prefix, sink)
        if !prefix.isEmpty { try add(prefix, type: "5", mode: 0o755, .root) }
    }

    func begin(_ file: LaidFile) throws {
        let name = prefix + file.path.dropFirst()
        let (mode, owner) = (file.file.mode, file.file.owner)
        switch file.file.content {
        case .folder: try add(name + "/", type: "5", mode: mode, owner)
        case .link(let target): try add(name, type: "2", mode: 0o777, owner, link: target)
        case .bytes, .file, .program: try add(name, type: "0", mode: mode, owner, size: file.size)
        }
    }

    func write(_ bytes: UnsafeRawBufferPointer) throws {
        count += bytes.count
        try sink(bytes)
    }

    func end() throws { try pad(to: Self.blockSize) }

    /// Ends the archive: two empty blocks, and padding to twenty.
    func finish() throws {
        try write([UInt8](repeating: 0, count: 2 * Self.blockSize))
        try pad(to: 20 * Self.blockSize)
    }

    /// The header of a member.
    private func add(
        _ name: String, type: Character, mode: UInt16, _ owner: PackageFile.Owner, size: Int = 0, link: String = ""
    ) throws {
        try addLong(name, type: "L")
        try addLong(link, type: "K")
        try write(
            header(Array(name.utf8), type: type, mode: mode, owner, size: size, date: date, link: Array(link.utf8)))
    }

    /// A member before the member that has the whole of a name that is too long for it, ended by a zero.
    private func addLong(_ name: String, type: Character) throws {
        let bytes = Array(name.utf8)
        guard bytes.count > 100 else { return }
        try write(
            header(
                Array("././@LongLink".utf8), type: type, mode: 0o644, .root, size: bytes.count + 1, date: 0, link: []))
        try write(bytes + [0])
        try pad(to: Self.blockSize)
    }

    private func pad(to size: Int) throws {
        try write([UInt8](repeating: 0, count: (size - count % size) % size))
    }

    private func write(_ bytes: [UInt8]) throws { try bytes.withUnsafeBytes { try write($0) } }

    private func header(
        _ name: [UInt8], type: Character, mode: UInt16, _ owner: PackageFile.Owner, size: Int, date: Int, link: [UInt8]
    ) -> [UInt8] {
        var block = [UInt8](repeating: 0, count: Self.blockSize)
        func put(_ field: some Sequence<UInt8>, at offset: Int) {
            for (index, byte) in field.enumerated() { block[offset + index] = byte }
        }
        put(name.prefix(100), at: 0)
        put(octal(Int(mode), digits: 7), at: 100)
        put(number(Int(owner.user), digits: 7), at: 108)
        put(number(Int(owner.group), digits: 7), at: 116)
        put(number(size, digits: 11), at: 124)
        put(octal(date, digits: 11), at: 136)
        put("        ".utf8, at: 148)
        put(String(type).utf8, at: 156)
        put(link.prefix(100), at: 157)
        put("ustar  ".utf8, at: 257)
        if owner.user == 0 { put("root".utf8, at: 265) }
        if owner.group == 0 { put("root".utf8, at: 297) }
        // The sum of all bytes, taken with spaces in its own place.
        put(octal(block.reduce(0) { $0 + Int($1) }, digits: 6), at: 148)
        block[154] = 0
        return block
    }

    /// A number in octal digits, or one too large for them as it is behind a set bit, as GNU tar does it: a size from 8 GiB
    /// on, a user from 2 million on.
    private func number(_ number: Int, digits: Int) -> [UInt8] {
        guard number >> (3 * digits) > 0 else { return octal(number, digits: digits) }
        return [0x80] + (0..<digits).reversed().map { UInt8(truncatingIfNeeded: number >> ($0 * 8)) }
    }

    private func octal(_ number: Int, digits: Int) -> [UInt8] {
        let text = String(number, radix: 8)
        precondition(text.utf8.count <= digits, "modes and dates of packages fit a tar header")
        return Array((String(repeating: "0", count: digits - text.utf8.count) + text).utf8)
    }
}
