import Glibc
import TapConfig
import Taproom
import Testing

/// Descriptions in many styles, made by hand.
struct DescriptionFixture: Sendable, CustomTestStringConvertible {
    let name: String
    let text: String
    var testDescription: String { name }

    static let kinds = KindList([SmallWeb.self])
    /// Where relative paths in them are taken from.
    static let folder = "/srv/sites"

    static let all: [DescriptionFixture] = {
        let folder =
            #filePath.split(separator: "/").dropLast(2).reduce("") { "\($0)/\($1)" } + "/Fixtures/descriptions/"
        return names(in: folder).sorted().map { DescriptionFixture(name: $0, text: contents(of: folder + $0)) }
    }()

    private static func names(in folder: String) -> [String] {
        guard let stream = opendir(folder) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if !name.hasPrefix(".") { names.append(name) }
        }
        return names
    }

    private static func contents(of path: String) -> String {
        guard let file = fopen(path, "r") else { return "" }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 1 << 16)
        let count = fread(&bytes, 1, bytes.count, file)
        return String(decoding: bytes[..<count], as: UTF8.self)
    }

    func application(of text: String) throws -> Application {
        try DescriptionReader.read(text, file: name, folder: Self.folder, kinds: Self.kinds)
    }

    func edited(to wanted: Application) throws -> String {
        try DescriptionEditor.edit(text, file: name, folder: Self.folder, to: wanted, kinds: Self.kinds)
    }
}
