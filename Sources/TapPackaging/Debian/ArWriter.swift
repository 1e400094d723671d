import TapCompression

/// An `ar` archive as `.deb` files are (deb(5)): members behind each other, each with a header of text.
struct ArWriter {
    private static let headerSize = 60

    private let output: OutputFile
    /// The time of each member, in seconds since 1970.
    private let date: Int

    /// Begins an archive in an empty file.
    init(_ output: OutputFile, date: Int) throws {
        (self.output, self.date) = (output, date)
        try output.write(Array("!<arch>\n".utf8))
    }

    /// Adds a member of a few bytes.
    func add(_ name: String, _ content: [UInt8]) throws {
        try add(name) { sink in try content.withUnsafeBytes { try sink($0) } }
    }

    /// Adds a member that `body` writes; its size is put before it when it is known.
    func add(_ name: String, _ body: (_ sink: @escaping ByteSink) throws -> Void) throws {
        let start = output.count
        try output.write(header(name, size: 0))
        try body { [output] in try output.write($0) }
        let size = output.count - start - Self.headerSize
        guard String(size).utf8.count <= 10 else { throw PackagingError.tooLarge }
        try output.replace(at: start, with: header(name, size: size))
        try pad(size)
    }

    private func pad(_ size: Int) throws { if size % 2 == 1 { try output.write([UInt8(ascii: "\n")]) } }

    /// The bytes before a member: name, time, owner, group, mode and size in fixed columns.
    private func header(_ name: String, size: Int) -> [UInt8] {
        let fields = [(name, 16), (String(date), 12), ("0", 6), ("0", 6), ("100644", 8), (String(size), 10)]
        return fields.flatMap { text, width in
            Array(text.utf8) + repeatElement(UInt8(ascii: " "), count: width - text.utf8.count)
        } + Array("`\n".utf8)
    }
}
