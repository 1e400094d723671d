import ArgumentParser
import TapAccessLog
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

    @Option(help: ArgumentHelp("Listen with TLS on this TCP port, on every address.", valueName: "port"))
    var https: [String] = []

    @Option(name: .shortAndLong, help: WebSettings.help("tls.certificate", valueName: "file"))
    var certificate: LocalPath?

    @Option(
        name: [.customShort("k"), .customLong("privkey")],
        help: ArgumentHelp(
            "The file of the certificate's key. Without it: the file of the certificate.", valueName: "file"))
    var key: LocalPath?

    @Option(
        help: ArgumentHelp("internal: make a certificate for development, which no browser trusts.", valueName: "word"))
    var tls: String?

    @Flag(name: .customLong("redirect-to-https"), help: WebSettings.help("tls.redirect"))
    var redirectsToSecure = false

    @Option(
        name: .customLong("add-header"),
        help: ArgumentHelp("Add a field to all responses. Can be repeated.", valueName: "name: value"))
    var headers: [String] = []

    @Option(
        name: [.customLong("ignore-ext"), .customLong("ignore_ext")],
        help: WebSettings.help("extensions", valueName: "ending", more: "Can be repeated."))
    var extensions: [String] = []

    @Option(help: WebSettings.help("fallback", valueName: "file"))
    var fallback: String?

    @Option(
        name: .customLong("access-log"),
        help: WebAccessLog.help("file", valueName: "file"))
    var accessLog: LocalPath?

    @Flag(
        name: [.customShort("u"), .customLong("user")],
        help: "Serve the pages of this machine's users, from public_html in their homes, below /~name/.")
    var servesUsers = false

    @Flag(
        help: """
            Serve your own pages to a server with --user: on a socket in your home, from public_html there unless told \
            otherwise.
            """)
    var personal = false

    /// No options given.
    public init() {}

    /// The settings these options ask for.
    public func settings() throws -> WebSettings {
        var settings = WebSettings()
        let secure = try https.map { text in
            guard let port = UInt16(text) else {
                throw ValidationError("--https must be a number from 0 to 65535, but is \"\(text)\".")
            }
            return Endpoint(.tcp(port: port, interface: nil), tls: Endpoint.TLS())
        }
        if personal { try makePersonal(&settings) } else { settings.static = folder }
        settings.listen = OneOrMore(
            try listening.endpoints(default: secure.isEmpty ? settings.listen : []).elements + secure)
        (settings.tls.certificate, settings.tls.key) = (certificate, key)
        settings.tls.redirect = redirectsToSecure
        if let tls {
            guard tls == "internal" else { throw ValidationError("--tls must be internal, but is \"\(tls)\".") }
            settings.tls.internal = true
        }
        for header in headers {
            let parts = header.split(separator: ":", maxSplits: 1)
            guard parts.count == 2, !parts[0].isEmpty else {
                throw ValidationError("--add-header must be written \"NAME: VALUE\", but is \"\(header)\".")
            }
            settings.headers[String(parts[0])] = String(parts[1].trimmingSpaces)
        }
        if !extensions.isEmpty { settings.extensions = OneOrMore(extensions) }
        settings.fallback = fallback
        settings.accessLog.file = accessLog
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
        if servesUsers { settings.users.folder = WebUsers.usualFolder }
        return settings
    }

    /// Serves a user's pages where a server for all users looks for them, under the path that visitors see.
    private func makePersonal(_ settings: inout WebSettings) throws {
        guard let account = UserAccount.own, UserAccount.isValid(account.name.utf8) else {
            throw ValidationError("--personal needs a user with a home, which this process has not.")
        }
        guard !servesUsers else { throw ValidationError("--personal and --user are for two servers: keep one.") }
        let place = "unix:\(account.home)/\(UserAccount.socketName):mode=666"
        settings.listen = OneOrMore([try Endpoint(place)])
        var route = WebRoute()
        route.path = "/~\(account.name)"
        route.static = folder ?? LocalPath("\(account.home)/public_html")
        settings.routes = [route]
    }
}
