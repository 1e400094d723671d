/// Writes a tar archive as dpkg-deb does: the GNU format, everything owned by root, one time for all.
struct TarWriter {
    /// The time of each member, in seconds since 1970.
    let date: Int
    private(set) var bytes: [UInt8] = []

    init(date: Int) { self.date = date }

    /// The archive of files with the folders above them, in the order of their paths.
    static func archive(of files: [PackageFile], date: Int) -> [UInt8] {
        var writer = TarWriter(date: date)
        writer.add("./", type: "5", mode: 0o755, content: [])
        let members = files.folders.map { ($0, nil) } + files.map { ($0.path, $0 as PackageFile?) }
        for (path, file) in members.sorted(by: { $0.0.utf8.lexicographicallyPrecedes($1.0.utf8) }) {
            if let file {
                writer.add("." + path, type: "0", mode: file.mode, content: file.content)
            } else {
                writer.add("." + path + "/", type: "5", mode: 0o755, content: [])
            }
        }
        // The end is two empty blocks; archives are padded to twenty.
        writer.bytes.append(contentsOf: repeatElement(0, count: 1024))
        writer.pad(to: 10240)
        return writer.bytes
    }

    private mutating func add(_ name: String, type: Character, mode: UInt16, content: [UInt8]) {
        let name = Array(name.utf8)
        if name.count > 100 {
            // A member before the member holds the whole name, ended by a zero.
            bytes += header("././@LongLink".utf8.map { $0 }, type: "L", mode: 0o644, size: name.count + 1, date: 0)
            bytes += name + [0]
            pad(to: 512)
        }
        bytes += header(Array(name.prefix(100)), type: type, mode: mode, size: content.count, date: date)
        bytes += content
        pad(to: 512)
    }

    private mutating func pad(to size: Int) {
        bytes.append(contentsOf: repeatElement(0, count: (size - bytes.count % size) % size))
    }

    private func header(_ name: [UInt8], type: Character, mode: UInt16, size: Int, date: Int) -> [UInt8] {
        var block = [UInt8](repeating: 0, count: 512)
        func put(_ field: some Sequence<UInt8>, at offset: Int) {
            for (index, byte) in field.enumerated() { block[offset + index] = byte }
        }
        put(name, at: 0)
        put(octal(Int(mode), digits: 7), at: 100)
        put(octal(0, digits: 7), at: 108)
        put(octal(0, digits: 7), at: 116)
        put(octal(size, digits: 11), at: 124)
        put(octal(date, digits: 11), at: 136)
        put("        ".utf8, at: 148)
        put(String(type).utf8, at: 156)
        put("ustar  ".utf8, at: 257)
        put("root".utf8, at: 265)
        put("root".utf8, at: 297)
        // The sum of all bytes, taken with spaces in its own place.
        put(octal(block.reduce(0) { $0 + Int($1) }, digits: 6), at: 148)
        block[154] = 0
        return block
    }

    private func octal(_ number: Int, digits: Int) -> String.UTF8View {
        let text = String(number, radix: 8)
        precondition(text.utf8.count <= digits, "sizes and dates of packages fit a tar header")
        return (String(repeating: "0", count: digits - text.utf8.count) + text).utf8
    }
}
