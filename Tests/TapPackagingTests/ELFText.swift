@testable import TapPackaging

/// An ELF file with nothing in it but what the loader is told, for tests.
struct ELFText {
    var machine: UInt16 = 62
    var interpreter: String? = "/lib64/ld-linux-x86-64.so.2"
    var name: String?
    var needed: [String] = []
    var runPath: String?
    /// The versions needed of a library; those that begin with a tilde are weak.
    var versions: [(library: String, names: [String])] = []

    /// How far the addresses in memory are from the places in the file.
    private static let shift: UInt64 = 0x40_0000

    /// The bytes of the file.
    var bytes: [UInt8] {
        var strings: [UInt8] = [0]
        func place(of text: String) -> Int {
            defer { strings += Array(text.utf8) + [0] }
            return strings.count
        }
        let count = interpreter == nil ? 2 : 3
        var entries: [(UInt64, UInt64)] = needed.map { (1, UInt64(place(of: $0))) }
        if let name { entries.append((14, UInt64(place(of: name)))) }
        if let runPath { entries.append((29, UInt64(place(of: runPath)))) }
        let chain = versions.enumerated().flatMap { index, need in
            library(need, isLast: index == versions.count - 1, place)
        }
        let interpreterBytes: [UInt8] = interpreter.map { Array($0.utf8) + [0] } ?? []
        let start = ELFFile.headerSize + count * ELFFile.segmentSize
        let stringsPlace = start + interpreterBytes.count
        let chainPlace = stringsPlace + strings.count
        let dynamicPlace = chainPlace + chain.count
        entries += [(5, UInt64(stringsPlace) + Self.shift), (10, UInt64(strings.count))]
        if !versions.isEmpty {
            entries += [(0x6fff_fffe, UInt64(chainPlace) + Self.shift), (0x6fff_ffff, UInt64(versions.count))]
        }
        entries.append((0, 0))
        let size = dynamicPlace + entries.count * 16
        var segments = segment(1, 0, size) + segment(2, dynamicPlace, entries.count * 16)
        if interpreter != nil { segments += segment(3, start, interpreterBytes.count) }
        var bytes = header(count) + segments
        bytes += interpreterBytes + strings + chain
        for (tag, value) in entries { bytes += little(tag) + little(value) }
        return bytes
    }

    private func little<Number: FixedWidthInteger>(_ number: Number) -> [UInt8] {
        withUnsafeBytes(of: number.littleEndian) { Array($0) }
    }

    private func header(_ count: Int) -> [UInt8] {
        var header: [UInt8] = [0x7f] + Array("ELF".utf8) + [2, 1, 1] + [UInt8](repeating: 0, count: 57)
        header.replace(at: 18, with: machine)
        header.replace(at: 32, with: UInt64(ELFFile.headerSize))
        header.replace(at: 54, with: UInt16(ELFFile.segmentSize))
        header.replace(at: 56, with: UInt16(count))
        return header
    }

    private func segment(_ kind: UInt32, _ place: Int, _ size: Int) -> [UInt8] {
        let address = UInt64(place) + Self.shift
        let numbers = [UInt64(place), address, address, UInt64(size), UInt64(size), 1]
        return little(kind) + little(UInt32(4)) + numbers.flatMap { little($0) }
    }

    private func library(
        _ need: (library: String, names: [String]), isLast: Bool, _ place: (String) -> Int
    ) -> [UInt8] {
        var bytes = little(UInt16(1)) + little(UInt16(need.names.count)) + little(UInt32(place(need.library)))
        bytes += little(UInt32(16)) + little(UInt32(isLast ? 0 : 16 + 16 * need.names.count))
        for (index, name) in need.names.enumerated() {
            let isWeak = name.hasPrefix("~")
            bytes += little(UInt32(0)) + little(UInt16(isWeak ? 2 : 0)) + little(UInt16(2))
            bytes += little(UInt32(place(isWeak ? String(name.dropFirst()) : name)))
            bytes += little(UInt32(index == need.names.count - 1 ? 0 : 16))
        }
        return bytes
    }
}

/// Writes the bytes of a file.
func write(_ bytes: [UInt8], to path: String, mode: UInt16 = 0o644) throws {
    try Disk.renew(path, mode: mode, content: bytes)
}
