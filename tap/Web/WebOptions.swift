import ArgumentParser
public import Taproom

/// The options of `mktap web`.
public struct WebOptions: ServiceOptions {
    @OptionGroup var listening: ListenOptions

    @Option(
        name: [.customLong("static"), .customLong("path")],
        help: ArgumentHelp("Serve this folder, or this single file.", valueName: "path"))
    var folder: LocalPath?

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("A file that stands for its folder. Can be repeated.", valueName: "name"))
    var index: [String] = []

    @Flag(help: "Show folders without an index file as lists.")
    var listing = false

    @Flag(help: "Serve names that begin with a dot.")
    var dotfiles = false

    @Option(help: ArgumentHelp("Follow symbolic links: inside, never or anywhere.", valueName: "word"))
    var symlinks: String?

    @Option(
        name: [.customShort("m"), .customLong("mime-type"), .customLong("mime_type")],
        help: ArgumentHelp("The media type of files with an unknown extension.", valueName: "type"))
    var mimeType: String?

    /// No options given.
    public init() {}

    /// The settings these options ask for.
    public func settings() throws -> WebSettings {
        var settings = WebSettings()
        settings.listen = try listening.endpoints(default: settings.listen)
        settings.static = folder
        if !index.isEmpty { settings.index = OneOrMore(index) }
        settings.listing = listing
        settings.dotfiles = dotfiles
        if let symlinks {
            guard let value = WebSettings.Symlinks(rawValue: symlinks) else {
                throw ValidationError("--symlinks must be inside, never or anywhere, but is \"\(symlinks)\".")
            }
            settings.symlinks = value
        }
        if let mimeType { settings.defaultType = mimeType }
        return settings
    }
}
