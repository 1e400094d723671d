/// What an ELF file wants of the loader.
///
/// Chapter 5 of the System V ABI ("Dynamic Section"), and "Symbol Versioning" in the Linux Standard Base.
struct ELFNeeds {
    /// The names of the libraries it needs.
    private(set) var libraries: [String] = []
    /// The versions of symbols that it needs of a library: `GLIBC_2.34`.
    private(set) var versions: [String: [String]] = [:]
    /// Its own name as a library.
    private(set) var name: String?
    /// The folders in which the loader looks for libraries first.
    private(set) var runPath: [String] = []

    /// Reads them; a program without a loader needs nothing.
    ///
    /// Throws ``PackagingError/program(path:problem:)`` and `SystemCallError`.
    init(of file: ELFFile) throws {
        guard let segment = file.segments.first(where: { $0.kind == ELFFile.Segment.dynamic }) else { return }
        let table = try Self.table(in: file.bytes(segment.range, "dynamic section"))
        guard let address = table[Tag.strings]?.first, let size = table[Tag.stringsSize]?.first else { return }
        let strings = try Self.bytes(of: file, at: address, size: size, "table of strings")
        func text(_ offset: UInt64) throws -> String {
            guard let text = Int(exactly: offset).flatMap(strings.text) else { throw file.damaged("name of a library") }
            return text
        }
        libraries = try table[Tag.needed, default: []].map(text)
        name = try table[Tag.name]?.first.map(text)
        runPath = try (table[Tag.runPath] ?? table[Tag.oldRunPath] ?? []).map(text)
            .flatMap { $0.split(separator: ":").map(String.init) }
        if let address = table[Tag.versions]?.first, let count = table[Tag.versionsCount]?.first {
            try readVersions(in: file.bytes(file.range(at: address, "versions"), "versions"), count, file, text)
        }
    }

    /// Whether libraries that lie beside the file are found.
    var findsLibrariesBesideIt: Bool { runPath.contains { $0 == "$ORIGIN" || $0 == "${ORIGIN}" } }

    /// What the entries of the dynamic section are, by the ABI.
    private enum Tag {
        static let needed: UInt64 = 1
        static let strings: UInt64 = 5
        static let stringsSize: UInt64 = 10
        static let name: UInt64 = 14
        static let oldRunPath: UInt64 = 15
        static let runPath: UInt64 = 29
        static let versions: UInt64 = 0x6fff_fffe
        static let versionsCount: UInt64 = 0x6fff_ffff
    }

    /// The values of the dynamic section by their tags, up to the empty one.
    private static func table(in bytes: [UInt8]) -> [UInt64: [UInt64]] {
        var table: [UInt64: [UInt64]] = [:]
        for place in stride(from: 0, to: bytes.count - 15, by: 16) {
            let tag: UInt64 = bytes.number(at: place)
            if tag == 0 { break }
            table[tag, default: []].append(bytes.number(at: place + 8))
        }
        return table
    }

    private static func bytes(of file: ELFFile, at address: UInt64, size: UInt64, _ name: String) throws -> [UInt8] {
        let range = try file.range(at: address, name)
        guard size <= UInt64(range.count) else { throw file.damaged(name) }
        return try file.bytes(range.lowerBound..<range.lowerBound + Int(size), name)
    }

    /// A chain of libraries, each with a chain of versions: both of entries of 16 bytes that say how far the next is.
    private mutating func readVersions(
        in bytes: [UInt8], _ count: UInt64, _ file: ELFFile, _ text: (UInt64) throws -> String
    ) throws {
        func check(_ place: Int) throws {
            guard place <= bytes.count - 16 else { throw file.damaged("versions") }
        }
        var place = 0
        // No chain has more entries than fit into the bytes.
        for _ in 0..<min(count, UInt64(bytes.count / 16)) {
            try check(place)
            let library = try text(UInt64(bytes.number(UInt32.self, at: place + 4)))
            var part = place + Int(bytes.number(UInt32.self, at: place + 8))
            for _ in 0..<bytes.number(UInt16.self, at: place + 2) {
                try check(part)
                let isWeak = bytes.number(UInt16.self, at: part + 4) & 2 != 0
                let version = try text(UInt64(bytes.number(UInt32.self, at: part + 8)))
                if !isWeak { versions[library, default: []].append(version) }
                part += Int(bytes.number(UInt32.self, at: part + 12))
            }
            place += Int(bytes.number(UInt32.self, at: place + 12))
        }
    }
}
