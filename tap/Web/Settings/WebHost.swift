public import TapAccessLog
public import TapNetwork
public import Taproom

/// What answers the requests for some names.
public struct WebHost: DocumentedSettings, SettingsGroup, Equatable, Sendable, WebPlace {
    /// The names, such as `example.com` and `*.example.com`.
    public var name: OneOrMore<String> = []
    /// The certificate of these names, with those of its authorities behind it.
    public var certificate: LocalPath?
    /// The certificate's key.
    public var key: LocalPath?
    /// The folder or file that is served.
    public var `static`: LocalPath?
    /// Where clients are sent instead.
    public var redirect: String?
    /// The status of the redirect; absent: 308.
    public var status: Int?
    /// What answers below some paths.
    public var routes: [WebRoute] = []
    /// The names of files that stand for their folder.
    public var index: OneOrMore<String>?
    /// Whether folders are shown as lists.
    public var listing: Bool?
    /// The file that is sent when nothing is found.
    public var fallback: String?
    /// Fields that every response from here has.
    public var headers: [String: String] = [:]
    /// Values of `Cache-Control` by patterns of paths.
    public var cache: [String: String] = [:]
    /// The networks whose clients are answered; none: all.
    public var allow: OneOrMore<Network> = []
    /// The networks whose clients are not answered.
    public var deny: OneOrMore<Network> = []
    /// Where requests for these names are noted, in place of the log of the whole site.
    public var accessLog: WebAccessLog?
    /// Who is answered, by names and passwords.
    public var authenticate: AuthenticationSettings?
    /// How many requests a client may make.
    public var rate: RateSettings?
    /// Which pages of other sites may read answers.
    public var cors: CrossOriginSettings?

    /// A host that says nothing.
    public init() {}

    /// What the keys mean.
    public static let fields: [SettingField<WebHost>] = [
        SettingField(
            "name", "The names of the host; *.NAME stands for all names below one.",
            examples: [["example.com", "*.example.com"]]),
        SettingField(
            "certificate", "The file of the names' certificate in PEM, with its chain.",
            examples: ["/etc/ssl/example.com.pem"]),
        SettingField(
            "key", "The file of the certificate's key; absent: it is in the file of the certificate.",
            examples: ["/etc/ssl/example.com.key"]),
        SettingField("static", "The folder to serve, or the single file.", examples: ["/srv/example"]),
        SettingField("redirect", "Where clients are sent instead.", examples: ["https://www.example.com{path}{query}"]),
        SettingField("status", "The status of the redirect.", examples: [301]),
        SettingField("routes", "What answers below some paths."),
        SettingField("index", "Other names of files that stand for their folder.", examples: [["index.html"]]),
        SettingField("listing", "Whether folders without an index file are shown as lists.", examples: [true]),
        SettingField("fallback", "The file below static that is sent when nothing is found.", examples: ["index.html"]),
        SettingField("headers", "More fields of responses.", examples: [["X-Frame-Options": "DENY"]]),
        SettingField("cache", "Values of Cache-Control by patterns of paths.", examples: [["*.css": "max-age=3600"]]),
        SettingField(
            "allow", "The networks whose clients are answered; without any: all. In place of those outside.",
            examples: [["192.0.2.0/24", "2001:db8::/32"]]),
        SettingField(
            "deny", "The networks whose clients get 403; they come before those of allow. In place of those outside.",
            examples: [["192.0.2.66"]]),
        SettingField(
            "accessLog", "Where requests for these names are noted; without a file: in that of the whole site.",
            examples: [["file": "/var/log/site/example.log"]]),
        SettingField("authenticate", "Who is answered, by names and passwords. In place of what is said outside."),
        SettingField("rate", "How many requests a client may make. In place of what is said outside."),
        SettingField("cors", "Which pages of other sites may read answers (CORS). In place of what is said outside."),
    ]

    func problems(_ prefix: String) -> [SettingProblem] {
        var problems = placeProblems(prefix)
        if name.elements.isEmpty { problems.append(SettingProblem(prefix + "name", "is missing")) }
        for name in name.elements where !HostName.isValid(name) {
            problems.append(
                SettingProblem(
                    prefix + "name", "must be a name such as example.com or *.example.com, but is \"\(name)\""))
        }
        if key != nil, certificate == nil {
            problems.append(SettingProblem(prefix + "key", "belongs to certificate, which is missing"))
        }
        for (number, route) in routes.enumerated() { problems += route.problems("\(prefix)routes.\(number).") }
        return problems
    }
}
