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
        try output.write(header(name, size: content.count))
        try output.write(content)
        try pad(content.count)
    }

    /// Adds a member that was written to a file of its own.
    func add(_ name: String, _ content: OutputFile) throws {
        guard String(content.count).utf8.count <= 10 else { throw PackagingError.tooLarge }
        try output.write(header(name, size: content.count))
        try output.append(content)
        try pad(content.count)
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
