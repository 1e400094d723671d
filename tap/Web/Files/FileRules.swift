import Taproom

/// How the files of a folder are served.
struct FileRules: Sendable {
    /// The names of files that stand for their folder, the first one found counts.
    var index: [String]
    /// Whether a folder without an index file is shown as a list.
    var listing: Bool
    /// Whether names that begin with a dot are served.
    var dotfiles: Bool
    var symlinks: WebSettings.Symlinks
    /// The endings that requests may leave out, without the dot.
    var extensions: [String]
    /// The path below the folder of the file that is sent when nothing is found.
    var fallback: [UInt8]?
    var mediaTypes: MediaTypes
    /// Whether text is compressed for those who accept that.
    var compress: Bool
    /// Whether files that were compressed beforehand are sent in place of those beside them.
    var precompressed: Bool

    init(_ settings: WebSettings) {
        index = settings.index.elements
        listing = settings.listing
        dotfiles = settings.dotfiles
        symlinks = settings.symlinks
        extensions = settings.extensions.elements
        fallback = settings.fallback.map(FileRules.path)
        compress = settings.compress
        precompressed = settings.precompressed
        mediaTypes = MediaTypes(additions: settings.types, default: settings.defaultType)
    }

    /// The same rules but for what a place says.
    func changed(by place: any WebPlace) -> FileRules {
        var rules = self
        if let index = place.index { rules.index = index.elements }
        if let listing = place.listing { rules.listing = listing }
        if let fallback = place.fallback { rules.fallback = FileRules.path(fallback) }
        return rules
    }

    private static func path(_ text: String) -> [UInt8] { Array(text.utf8.drop { $0 == UInt8(ascii: "/") }) }
}
