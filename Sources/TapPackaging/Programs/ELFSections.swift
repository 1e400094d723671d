/// The sections of an ELF file that are loaded into memory (System V ABI, chapter 4, "Sections").
struct ELFSections {
    /// A header of a section, with its name.
    private struct Section {
        var header: [UInt8]
        let name: String

        static let nothing = Section(header: [UInt8](repeating: 0, count: ELFFile.sectionSize), name: "")

        var isLoaded: Bool { header.number(UInt64.self, at: 8) & 2 != 0 }
        /// Whether it has bytes in the file: those that are all zero have none.
        var hasBytes: Bool { header.number(UInt32.self, at: 4) != 8 }
        var offset: UInt64 { header.number(at: 24) }
        var size: UInt64 { header.number(at: 32) }
    }

    private var kept: [Section] = []
    /// Where the last of them ends in the file.
    private(set) var end = 0

    /// Reads them; a file without headers of sections has none.
    ///
    /// Symbols call sections by their number: so what stands before a section that is kept becomes an empty header.
    init(of file: ELFFile) throws {
        let all = try Self.all(of: file)
        guard let last = all.lastIndex(where: \.isLoaded) else { return }
        for section in all[...last] {
            guard section.isLoaded else {
                kept.append(.nothing)
                continue
            }
            kept.append(section)
            guard section.hasBytes else { continue }
            guard section.offset <= UInt64(file.size), section.size <= UInt64(file.size) - section.offset else {
                throw file.damaged("section \(section.name)")
            }
            end = max(end, Int(section.offset + section.size))
        }
        // The table of symbols that a section refers to may be gone.
        for index in kept.indices {
            let linked = Int(kept[index].header.number(UInt32.self, at: 40))
            if linked > last || !kept[linked].isLoaded { kept[index].header.replace(at: 40, with: UInt32(0)) }
        }
    }

    private static func all(of file: ELFFile) throws -> [Section] {
        let count = Int(file.header.number(UInt16.self, at: 60))
        guard count > 0, file.header.number(UInt16.self, at: 58) == UInt16(ELFFile.sectionSize) else { return [] }
        let table = try file.bytes(
            from: file.header.number(at: 40), count: UInt64(count * ELFFile.sectionSize), "table of sections")
        let headers = stride(from: 0, to: table.count, by: ELFFile.sectionSize).map {
            Array(table[$0..<$0 + ELFFile.sectionSize])
        }
        let namesIndex = Int(file.header.number(UInt16.self, at: 62))
        guard headers.indices.contains(namesIndex) else { throw file.damaged("names of sections") }
        let namesHeader = Section(header: headers[namesIndex], name: "")
        let names = try file.bytes(from: namesHeader.offset, count: namesHeader.size, "names of sections")
        return try headers.map { header in
            guard let name = names.text(at: Int(header.number(UInt32.self, at: 0))) else {
                throw file.damaged("name of a section")
            }
            return Section(header: header, name: name)
        }
    }

    /// The names and headers of what is kept, to stand at a place of the file.
    ///
    /// - Parameters:
    ///   - place: where they stand.
    ///   - header: the header of the file, which is told of it.
    /// - Returns: the bytes from there to the end of the file.
    func tail(at place: Int, header: inout [UInt8]) -> [UInt8] {
        guard !kept.isEmpty else {
            header.replace(at: 40, with: UInt64(0))
            for field in [60, 62] { header.replace(at: field, with: UInt16(0)) }
            return []
        }
        var names: [UInt8] = [0]
        var headers: [UInt8] = []
        for section in kept {
            var copy = section.header
            copy.replace(at: 0, with: UInt32(section.name.isEmpty ? 0 : names.count))
            if !section.name.isEmpty { names += Array(section.name.utf8) + [0] }
            headers += copy
        }
        headers += namesHeader(at: place, &names)
        let padding = [UInt8](repeating: 0, count: (8 - (place + names.count) % 8) % 8)
        header.replace(at: 40, with: UInt64(place + names.count + padding.count))
        header.replace(at: 60, with: UInt16(kept.count + 1))
        header.replace(at: 62, with: UInt16(kept.count))
        return names + padding + headers
    }

    /// The header of the section that has the names of all.
    private func namesHeader(at place: Int, _ names: inout [UInt8]) -> [UInt8] {
        var header = Section.nothing.header
        header.replace(at: 0, with: UInt32(names.count))
        names += Array(".shstrtab".utf8) + [0]
        header.replace(at: 4, with: UInt32(3))
        header.replace(at: 24, with: UInt64(place))
        header.replace(at: 32, with: UInt64(names.count))
        header.replace(at: 48, with: UInt64(1))
        return header
    }
}
