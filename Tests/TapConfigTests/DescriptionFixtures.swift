import Foundation
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
        let folder = #filePath.split(separator: "/").dropLast(2).reduce("") { "\($0)/\($1)" } + "/Fixtures/descriptions/"
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.sorted().compactMap { name in
            let data = FileManager.default.contents(atPath: folder + name)
            return data.map { DescriptionFixture(name: name, text: String(decoding: $0, as: UTF8.self)) }
        }
    }()

    func application(of text: String) throws -> Application {
        try DescriptionReader.read(text, file: name, folder: Self.folder, kinds: Self.kinds)
    }

    func edited(to wanted: Application) throws -> String {
        try DescriptionEditor.edit(text, file: name, folder: Self.folder, to: wanted, kinds: Self.kinds)
    }
}
