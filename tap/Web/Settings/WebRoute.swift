public import TapNetwork
public import Taproom

/// What answers the requests for a path and all that lies below it.
public struct WebRoute: DocumentedSettings, SettingsGroup, Equatable, Sendable, WebPlace {
    /// The path: whole names from the root down.
    public var path = "/"
    /// The folder or file that is served here.
    public var `static`: LocalPath?
    /// Where clients are sent instead.
    public var redirect: String?
    /// The status of the redirect; absent: 308.
    public var status: Int?
    /// Who answers instead.
    public var proxy: ProxySettings?
    /// The programs that answer here.
    public var cgi: CGISettings?
    /// The server of programs that answers here, such as PHP's.
    public var fastcgi: FastCGISettings?
    /// Under which target the request is looked at again.
    public var rewrite: String?
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
    /// Who is answered, by names and passwords.
    public var authenticate: AuthenticationSettings?
    /// How many requests a client may make.
    public var rate: RateSettings?
    /// Which pages of other sites may read answers.
    public var cors: CrossOriginSettings?

    /// A route that says nothing.
    public init() {}

    /// What the keys mean.
    public static let fields: [SettingField<WebRoute>] = [
        SettingField(
            "path", "The path, with everything below it; the longest one that fits counts.", examples: ["/api"]),
        SettingField("static", "The folder to serve here, or the single file.", examples: ["/srv/pictures"]),
        SettingField(
            "redirect",
            "Where clients are sent: a path or URL, with {path}, {rest}, {query} and {host} for parts of the request.",
            examples: ["https://example.com{path}{query}"]),
        SettingField(
            "status", "The status of the redirect: 301, 302, 303, 307 or 308, which is the default.", examples: [301]),
        SettingField(
            "proxy", "The servers that answer here.", examples: [["to": "http://127.0.0.1:8000"]]),
        SettingField(
            "cgi", "The programs that answer here (CGI).", examples: [["folder": "/usr/lib/cgi-bin"]]),
        SettingField(
            "fastcgi", "The server of programs that answers here (FastCGI), such as PHP's.",
            examples: [["to": "unix:/run/php/php-fpm.sock", "root": "/srv/www"]]),
        SettingField(
            "rewrite", "A path, with {path}, {rest} and {query}, under which the request is looked at again.",
            examples: ["/app.html"]),
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
        SettingField("authenticate", "Who is answered, by names and passwords. In place of what is said outside."),
        SettingField("rate", "How many requests a client may make. In place of what is said outside."),
        SettingField("cors", "Which pages of other sites may read answers (CORS). In place of what is said outside."),
    ]

    /// Whether it says itself what answers.
    var hasAnswer: Bool {
        redirect != nil || rewrite != nil || proxy != nil || cgi != nil || fastcgi != nil || `static` != nil
    }

    func problems(_ prefix: String) -> [SettingProblem] {
        var problems = placeProblems(prefix)
        if let proxy { problems += proxy.problems(prefix + "proxy.") }
        if let cgi { problems += cgi.problems(prefix + "cgi.") }
        if let fastcgi { problems += fastcgi.problems(prefix + "fastcgi.") }
        if !path.hasPrefix("/") || (try? RequestPath(path)) == nil || path.contains("?") || path.contains("#") {
            problems.append(SettingProblem(prefix + "path", "must be a path that begins with /, but is \"\(path)\""))
        }
        let answers = [redirect != nil, rewrite != nil, proxy != nil, cgi != nil, fastcgi != nil].count { $0 }
        if answers > 1 || answers == 1 && `static` != nil && redirect == nil {
            problems.append(SettingProblem(prefix + "path", "has more than one answer: keep one"))
        }
        if let rewrite, !RedirectTarget.isValid(rewrite) || !rewrite.hasPrefix("/") && !rewrite.hasPrefix("{") {
            problems.append(SettingProblem(prefix + "rewrite", "must be a path that begins with /"))
        }
        return problems
    }
}
