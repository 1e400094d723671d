package import TapData

/// The folder that relative paths in settings are taken from.
package struct PathFolder: Sendable {
    /// Tells a decoder of it.
    static let key = CodingUserInfoKey(rawValue: "taproom.folder")

    private let folder: @Sendable (_ path: [PathStep]) -> String?

    /// One folder for all of them; nil: they stay as they are.
    package init(_ folder: String?) { self.folder = { _ in folder } }

    /// A folder for each, by the path of the setting: settings can come from several files.
    package init(_ folder: @escaping @Sendable (_ path: [PathStep]) -> String?) { self.folder = folder }

    /// The same for a decoder that reads only what stands at a path.
    package func below(_ path: [PathStep]) -> PathFolder { PathFolder { [folder] in folder(path + $0) } }

    /// A decoder that takes relative paths from here.
    package var decoder: DatumDecoder { DatumDecoder(userInfo: PathFolder.key.map { [$0: self] } ?? [:]) }

    /// The folder for what a decoder is reading.
    static func folder(for decoder: any Decoder) -> String? {
        guard let key, let known = decoder.userInfo[key] as? PathFolder else { return nil }
        return known.folder(decoder.codingPath.map { key in key.intValue.map { .index($0) } ?? .key(key.stringValue) })
    }
}
