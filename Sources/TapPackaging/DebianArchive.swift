/// The bytes of a `.deb`, format 2.0: the same for the same package, whenever and wherever they are made.
package struct DebianArchive: Sendable {
    package let bytes: [UInt8]

    /// Packs a package.
    ///
    /// Runs as long as compressing its files takes.
    package init(_ package: DebianPackage) {
        let control = package.controlFiles.map { file in
            PackageFile(String(file.path.dropFirst("/DEBIAN".count)), mode: file.mode, content: file.content)
        }
        let members: [(name: String, content: [UInt8])] = [
            ("debian-binary", Array("2.0\n".utf8)),
            ("control.tar.gz", Gzip.compress(TarWriter.archive(of: control, date: package.date))),
            ("data.tar.gz", Gzip.compress(TarWriter.archive(of: package.files, date: package.date))),
        ]
        bytes = members.reduce(into: Array("!<arch>\n".utf8)) { bytes, member in
            bytes += Self.header(member.name, size: member.content.count, date: package.date)
            bytes += member.content
            if member.content.count % 2 == 1 { bytes.append(UInt8(ascii: "\n")) }
        }
    }

    /// The 60 bytes before a member of an `ar` archive: name, time, owner, group, mode and size in fixed columns.
    private static func header(_ name: String, size: Int, date: Int) -> [UInt8] {
        let fields = [(name, 16), (String(date), 12), ("0", 6), ("0", 6), ("100644", 8), (String(size), 10)]
        return fields.flatMap { text, width in
            Array(text.utf8) + repeatElement(UInt8(ascii: " "), count: width - text.utf8.count)
        } + Array("`\n".utf8)
    }
}
