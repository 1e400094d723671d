public import TapAccessLog
public import TapNetwork
public import Taproom

/// What a site serves, where, and within which limits.
public struct WebSettings: ServiceSettings {
    /// What happens to symbolic links.
    public enum Symlinks: String, Codable, Sendable, CaseIterable {
        /// Those that stay inside of the folder are followed.
        case inside
        /// None is followed.
        case never
        /// All are followed, also out of the folder.
        case anywhere
    }

    /// Where to listen.
    public var listen: OneOrMore<Endpoint> = [.tcp(port: 8080)]
    /// The folder or the single file to serve.
    ///
    /// Without it visitors see a page that says how to set it.
    public var `static`: LocalPath?
    /// The names of files that stand for their folder, the first one found counts.
    public var index: OneOrMore<String> = ["index.html"]
    /// Whether a folder without an index file is shown as a list of its contents.
    public var listing = false
    /// Whether names that begin with a dot are served.
    ///
    /// `/.well-known/` always is.
    public var dotfiles = false
    /// What happens to symbolic links.
    public var symlinks = Symlinks.inside
    /// The media type of files whose extension is not known.
    public var defaultType = "application/octet-stream"
    /// More media types by extension, without the dot.
    ///
    /// They come before the built-in ones.
    public var types: [String: String] = [:]
    /// Endings of names that requests may leave out, without the dot.
    public var extensions: OneOrMore<String> = []
    /// The file below the folder that is sent when nothing is found.
    public var fallback: String?
    /// Whether text is compressed for clients that accept it.
    public var compress = true
    /// Whether `.br`, `.zst` and `.gz` files are sent in place of those beside them.
    public var precompressed = true
    /// Fields that every response has.
    public var headers: [String: String] = [:]
    /// Values of `Cache-Control` by patterns of paths.
    public var cache: [String: String] = [:]
    /// The networks whose clients are answered; none: all.
    public var allow: OneOrMore<Network> = []
    /// The networks whose clients are not answered.
    public var deny: OneOrMore<Network> = []
    /// Who is answered, by names and passwords.
    public var authenticate: AuthenticationSettings?
    /// How many requests a client may make.
    public var rate: RateSettings?
    /// Which pages of other sites may read answers.
    public var cors: CrossOriginSettings?
    /// Pages for errors by their status.
    public var errorPages: [String: LocalPath] = [:]
    /// What answers below some paths.
    public var routes: [WebRoute] = []
    /// What answers for some names.
    public var hosts: [WebHost] = []
    /// How the pages of users are served, below `/~name/`.
    public var users = WebUsers()
    /// Who tells where clients come from.
    public var proxyProtocol = ProxyHeaderSenders()
    /// How connections to `tls:` endpoints are encrypted.
    public var tls = WebTLS()
    /// Where requests are noted.
    public var accessLog = WebAccessLog()
    /// What a client may ask of the server.
    public var limits = WebLimits()

    /// What the keys mean, and their ranges.
    public static let fields: [SettingField<WebSettings>] = [
        SettingField("listen", "Where to listen.", examples: ["tcp:80", ["tcp:80", "unix:/run/site.sock:mode=660"]]),
        SettingField("static", "The folder to serve, or the single file.", examples: ["/srv/www"]),
        SettingField(
            "index", "The names of files that stand for their folder; the first one that is there counts.",
            examples: [["index.html", "index.htm"]]),
        SettingField("listing", "Show folders without an index file as lists of what is in them."),
        SettingField("dotfiles", "Serve names that begin with a dot. /.well-known/ is always served."),
        SettingField(
            "symlinks", "Which symbolic links are followed: those that stay inside of the folder, none, or all.",
            words: Symlinks.allCases.map(\.rawValue)),
        SettingField(
            "defaultType", "The media type of files whose extension is not known.", examples: ["text/plain"]),
        SettingField(
            "types", "More media types by extension, without the dot; they come before the built-in ones.",
            examples: [["wasm": "application/wasm"]]),
        SettingField(
            "extensions", "Endings of names that requests may leave out, without the dot.", examples: [["html"]]),
        SettingField(
            "fallback", "The file below static that is sent when nothing is found, as applications of one page need.",
            examples: ["index.html"]),
        SettingField("compress", "Compress text with brotli, zstd, gzip or deflate for clients that accept it."),
        SettingField(
            "precompressed",
            "Send FILE.br, FILE.zst and FILE.gz to clients that accept them, when they are not older than FILE."),
        SettingField(
            "headers", "More fields of all responses.",
            examples: [["Referrer-Policy": "no-referrer", "X-Frame-Options": "DENY"]]),
        SettingField(
            "cache", "Values of Cache-Control by patterns of paths; the longest pattern that fits counts.",
            examples: [["*.css": "max-age=3600", "/assets/*": "max-age=31536000, immutable"]]),
        SettingField(
            "allow", "The networks whose clients are answered; without any: all.",
            examples: [["192.0.2.0/24", "2001:db8::/32"]]),
        SettingField(
            "deny", "The networks whose clients get 403; they come before those of allow.", examples: [["192.0.2.66"]]),
        SettingField("authenticate", "Who is answered, by names and passwords."),
        SettingField("rate", "How many requests a client may make."),
        SettingField("cors", "Which pages of other sites may read answers (CORS)."),
        SettingField(
            "errorPages", "Files of pages for errors by their status; they are read when the settings are.",
            examples: [["404": "/srv/www/404.html"]]),
        SettingField("routes", "What answers below some paths, instead of static."),
        SettingField("hosts", "What answers for some names; for all others the rest of the settings counts."),
        SettingField("users", "How the pages of this machine's users are served."),
        SettingField("proxyProtocol", "Who tells where clients come from, by the PROXY protocol."),
        SettingField("tls", "How connections to tls: endpoints are encrypted."),
        SettingField(
            "accessLog", "Where requests are noted, one line each, and how.",
            examples: [["file": "/var/log/site/access.log"]]),
        SettingField("limits", "What a client may ask of the server.", examples: [["idle": "30s"]]),
        SettingField(
            "limits.header", "The greatest size of a request's line and header in bytes.", { $0.limits.header },
            in: 1024...1_048_576, unit: "bytes", examples: [32_768]),
        SettingField(
            "limits.connections",
            "How many connections there can be at once; others wait. Without it: as many as the process can have.",
            \.limits.connections, in: 1..., examples: [1000]),
        SettingField(
            "limits.idle", "How long a connection may do nothing.", \.limits.idle, in: shortest...longest,
            examples: [TimeSpan(seconds: 30)]),
        SettingField(
            "limits.request", "How long a request's header may take to arrive.", \.limits.request,
            in: shortest...longest,
            examples: [TimeSpan(seconds: 10)]),
        SettingField(
            "limits.body", "How long a request's body may pause.", \.limits.body, in: shortest...longest,
            examples: [TimeSpan(seconds: 20)]),
        SettingField(
            "limits.bodyRate",
            "How many bytes of a request's body have to come in a second, on average and after limits.body; 0B: any number.",
            examples: [ByteCount(bytes: 2000)]),
        SettingField(
            "limits.connectionsPerClient",
            "How many connections a client may have at once; more are closed. Without it: any number.",
            \.limits.connectionsPerClient, in: 1..., examples: [100]),
    ]
    private static let shortest = TimeSpan(milliseconds: 10)
    private static let longest = TimeSpan(seconds: 86_400)

    /// The defaults.
    public init() {}

    /// Where to listen.
    public var endpoints: [Endpoint] { listen.elements }

    /// Everything that is malformed.
    public func problems() -> [SettingProblem] {
        var problems = AllPlace(self).placeProblems("")
        for ending in extensions.elements where ending.isEmpty || ending.hasPrefix(".") || ending.contains("/") {
            problems.append(SettingProblem("extensions", "must be endings without a dot, but one is \"\(ending)\""))
        }
        for status in errorPages.keys.sorted() where !(400...599).contains(UInt(status) ?? 0) {
            problems.append(
                SettingProblem("errorPages", "must have statuses from 400 to 599 for keys, but one is \"\(status)\""))
        }
        if tls.key != nil, tls.certificate == nil {
            problems.append(SettingProblem("tls.key", "belongs to tls.certificate, which is missing"))
        }
        if needsCertificate {
            problems.append(
                SettingProblem(
                    "listen",
                    "has a tls: endpoint without a certificate: name one there or in tls.certificate, or set tls.internal"
                ))
        }
        for (number, route) in routes.enumerated() { problems += route.problems("routes.\(number).") }
        problems += users.problems("users.")
        for (number, host) in hosts.enumerated() { problems += host.problems("hosts.\(number).") }
        problems += accessLogProblems
        if !MediaTypes.isValid(defaultType) {
            problems.append(SettingProblem("defaultType", "must be written TYPE/SUBTYPE, but is \"\(defaultType)\""))
        }
        for (ending, type) in types.sorted(by: { $0.key < $1.key }) {
            if ending.isEmpty || ending.hasPrefix(".") || ending.contains("/") {
                problems.append(
                    SettingProblem("types", "must have extensions without a dot for keys, but one is \"\(ending)\""))
            }
            if !MediaTypes.isValid(type) {
                problems.append(SettingProblem("types.\(ending)", "must be written TYPE/SUBTYPE, but is \"\(type)\""))
            }
        }
        return problems
    }
}

extension WebSettings {
    /// Whether an endpoint has TLS, and nothing says with which certificate.
    private var needsCertificate: Bool {
        tls.certificate == nil && !tls.internal && !hosts.contains { $0.certificate != nil }
            && listen.elements.contains { $0.tls != nil && $0.tls?.certificate == nil }
    }

    /// The port that clients are sent to who shall come with TLS; nil: there is none.
    var securePort: UInt16? {
        for endpoint in listen.elements where endpoint.tls != nil {
            if case .tcp(let port, _) = endpoint.address { return port }
        }
        return nil
    }
}

/// The whole of a site as a place.
struct AllPlace: WebPlace {
    let `static`: LocalPath?
    let redirect: String? = nil
    let status: Int? = nil
    let index: OneOrMore<String>?
    let listing: Bool?
    let fallback: String?
    let headers: [String: String]
    let cache: [String: String]
    let allow: OneOrMore<Network>
    let deny: OneOrMore<Network>
    let authenticate: AuthenticationSettings?
    let rate: RateSettings?
    let cors: CrossOriginSettings?

    init(_ settings: WebSettings) {
        (self.static, index, listing) = (settings.static, settings.index, settings.listing)
        (fallback, headers, cache) = (settings.fallback, settings.headers, settings.cache)
        (allow, deny, authenticate) = (settings.allow, settings.deny, settings.authenticate)
        (rate, cors) = (settings.rate, settings.cors)
    }
}

extension WebSettings.Symlinks {
    /// Reads one of the words.
    public init(from decoder: any Decoder) throws {
        self = try SettingWord.read(Self.self, from: decoder)
    }
}

/// What a client may ask of a web service.
public struct WebLimits: SettingsGroup, Equatable, Sendable {
    /// The greatest size of a request's line and header in bytes.
    public var header = 16_384
    /// How long a connection may do nothing.
    public var idle = TimeSpan(seconds: 60)
    /// How long a request's header may take to arrive.
    public var request = TimeSpan(seconds: 30)
    /// How many connections there can be at once, one at least; others wait until one of them ends.
    ///
    /// Absent: as many as the process can have.
    public var connections: Int?
    /// How many connections a client may have at once, one at least; more of them are closed.
    ///
    /// Absent: any number. It counts for connections that are made after it was set.
    public var connectionsPerClient: Int?
    /// How long a request's body may pause.
    public var body = TimeSpan(seconds: 60)
    /// How many bytes of a request's body have to come in a second, on average, after as long as it may pause; 0: any number.
    public var bodyRate = ByteCount(bytes: 500)

    /// The defaults.
    public init() {}
}
