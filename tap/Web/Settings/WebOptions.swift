import ArgumentParser
public import Taproom

/// The options of `mktap web`.
public struct WebOptions: ServiceOptions {
    @OptionGroup var listening: ListenOptions

    @Option(
        name: [.customLong("static"), .customLong("path")],
        help: WebSettings.help("static", valueName: "path"))
    var folder: LocalPath?

    @Option(
        name: .shortAndLong,
        help: WebSettings.help("index", valueName: "name", more: "Can be repeated."))
    var index: [String] = []

    @Flag(help: WebSettings.help("listing"))
    var listing = false

    @Flag(help: WebSettings.help("dotfiles"))
    var dotfiles = false

    @Option(help: WebSettings.help("symlinks", valueName: "word"))
    var symlinks: String?

    @Option(
        name: [.customShort("m"), .customLong("mime-type"), .customLong("mime_type")],
        help: WebSettings.help("defaultType", valueName: "type"))
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
