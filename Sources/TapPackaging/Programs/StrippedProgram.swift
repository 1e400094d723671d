/// A program or library without what only linkers and debuggers read, as `strip` leaves it.
///
/// What is loaded into memory stays, byte for byte and where it is in the file: symbols of the loader, what Swift knows of
/// its types at run time, the build's number. Behind it stand new headers of the sections that are loaded.
package struct StrippedProgram: Sendable, Equatable {
    /// The file on this machine.
    package let path: String
    /// The header of the file, which says where the headers of the sections are.
    private let head: [UInt8]
    /// Where the part ends that is loaded.
    private let end: Int
    /// The names and headers of the sections.
    private let tail: [UInt8]

    /// How many bytes it has.
    var size: Int { end + tail.count }

    /// Looks at a file, of which the bytes are read later.
    ///
    /// Throws `SystemCallError` and ``PackagingError/program(path:problem:)``.
    package init(_ path: String) throws { try self.init(ELFFile(path)) }

    init(_ file: ELFFile) throws {
        path = file.path
        let sections = try ELFSections(of: file)
        // The table of the segments is not always in one.
        let table = Int(file.header.number(UInt64.self, at: 32)) + file.segments.count * ELFFile.segmentSize
        end = max(table, file.segments.map(\.range.upperBound).max() ?? 0, sections.end)
        var head = file.header
        tail = sections.tail(at: end, header: &head)
        self.head = head
    }

    /// What it consists of; a file that became shorter has fewer bytes than ``size``.
    var parts: [ContentReader.Part] { [.bytes(head), .file(path, head.count..<end), .bytes(tail)] }
}
