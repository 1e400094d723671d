package import TapData

/// The folder that relative paths in settings are taken from.
package struct PathFolder: Sendable {
    /// Tells a decoder of it.
    static let key = CodingUserInfoKey(rawValue: "taproom.folder")

    private let folder: @Sendable (_ codingPath: [any CodingKey]) -> String?

    /// One folder for all of them; nil: they stay as they are.
    package init(_ folder: String?) { self.folder = { _ in folder } }

    /// A folder for each, by the path of the setting: settings can come from several files.
    package init(_ folder: @escaping @Sendable (_ path: [PathStep]) -> String?) {
        self.folder = { codingPath in
            folder(codingPath.map { key in key.intValue.map { .index($0) } ?? .key(key.stringValue) })
        }
    }

    /// The folder for what a decoder is reading; nil: paths stay as they are.
    package static func folder(for decoder: any Decoder) -> String? {
        guard let key, let known = decoder.userInfo[key] as? PathFolder else { return nil }
        return known.folder(decoder.codingPath)
    }
}
