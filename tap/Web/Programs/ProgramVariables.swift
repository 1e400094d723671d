import NIOCore
import NIOHTTP1

/// What a program is told of a request: the meta-variables of RFC 3875, 4.1, and some that everybody expects.
///
/// Values are bytes: decoded paths need not be UTF-8.
struct ProgramVariables {
    /// A path that is divided between a program and what is below it.
    struct Path: Equatable {
        /// The part of the request's path that leads to the program, decoded and without a slash at its end.
        var script: [UInt8]
        /// The rest of it, decoded, from a slash on; empty when there is none.
        var info: [UInt8]
    }

    /// Fields that stand in variables of their own, have done their duty on the connection, or are dangerous:
    /// libraries take `HTTP_PROXY` for the name of a proxy to use ("httpoxy", CVE-2016-5385).
    private static let hidden: Set<String> = [
        "connection", "content-length", "content-type", "expect", "host", "keep-alive", "proxy", "proxy-authorization",
        "te",
        "trailer", "transfer-encoding", "upgrade",
    ]

    private(set) var values: [String: [UInt8]] = [:]

    /// Says what is known of a request.
    ///
    /// - Parameters:
    ///   - request: the request.
    ///   - query: its query with the question mark, or nothing.
    ///   - path: its path.
    ///   - root: the folder of documents, when there is one.
    ///   - bodyBytes: the length of its body; nil when there is none, or it isn't known.
    ///   - showsAuthorization: whether the program learns how the client authorizes itself.
    init(
        _ request: Request, query: Substring, path: Path, root: [UInt8]?, bodyBytes: Int64?, showsAuthorization: Bool
    ) {
        let client = request.client
        self["GATEWAY_INTERFACE"] = "CGI/1.1"
        self["SERVER_SOFTWARE"] = "taproom"
        self["SERVER_PROTOCOL"] = "HTTP/\(request.version.major).\(request.version.minor)"
        self["SERVER_NAME"] = ProgramVariables.name(ofHost: request.fields.host)
        self["SERVER_PORT"] = "\(client.port ?? (client.isSecure ? 443 : 80))"
        self["REQUEST_METHOD"] = request.method.rawValue
        self["REQUEST_SCHEME"] = client.scheme
        self["QUERY_STRING"] = String(query.dropFirst())
        // A unix socket has no address; one of this machine would say that whoever asks is to be trusted.
        self["REMOTE_ADDR"] = client.ip ?? "unix:"
        self["REMOTE_HOST"] = client.ip ?? "unix:"
        if let port = client.address?.port { self["REMOTE_PORT"] = "\(port)" }
        if client.isSecure { self["HTTPS"] = "on" }
        if let user = request.user {
            self["AUTH_TYPE"] = "Basic"
            self["REMOTE_USER"] = user
        }
        setPath(path, root: root)
        if let bodyBytes { self["CONTENT_LENGTH"] = "\(bodyBytes)" }
        if let type = request.lines.list("content-type") { self["CONTENT_TYPE"] = type }
        setFields(request, showsAuthorization: showsAuthorization)
    }

    private subscript(_ name: String) -> String? {
        get { values[name].map { String(decoding: $0, as: UTF8.self) } }
        set { values[name] = newValue.map { Array($0.utf8) } }
    }

    /// Sets a variable in place of the one before.
    mutating func set(_ name: String, _ value: [UInt8]) { values[name] = value }

    /// Sets a variable in place of the one before.
    mutating func set(_ name: String, _ value: String) { self[name] = value }

    /// Sets variables in place of those before.
    mutating func set(_ others: [String: String]) {
        for (name, value) in others { self[name] = value }
    }

    /// Each as `NAME=value`, in the order of the names.
    var lines: [[UInt8]] {
        values.sorted { $0.key < $1.key }.map { Array($0.key.utf8) + [UInt8(ascii: "=")] + $0.value }
    }

    private mutating func setPath(_ path: Path, root: [UInt8]?) {
        values["SCRIPT_NAME"] = path.script
        if let root { values["DOCUMENT_ROOT"] = root }
        guard !path.info.isEmpty else { return }
        values["PATH_INFO"] = path.info
        if let root { values["PATH_TRANSLATED"] = root + path.info }
    }

    /// Fields as `HTTP_NAME` (RFC 3875, 4.1.18).
    ///
    /// A name with anything but letters, digits and hyphens is left out: as a variable it might look like another.
    private mutating func setFields(_ request: Request, showsAuthorization: Bool) {
        if !request.fields.host.isEmpty { self["HTTP_HOST"] = request.fields.host }
        for field in request.lines {
            let name = field.name.lowercased()
            guard !ProgramVariables.hidden.contains(name), name != "authorization" || showsAuthorization,
                name.utf8.allSatisfy({ ProgramVariables.isPlain($0) })
            else { continue }
            let variable = "HTTP_" + name.uppercased().replacing("-", with: "_")
            let separator = name == "cookie" ? "; " : ", "
            self[variable] = self[variable].map { $0 + separator + field.value } ?? String(field.value)
        }
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"): true
        default: false
        }
    }

    /// The host without its port; a program always wants one.
    private static func name(ofHost host: String) -> String {
        var name = host[...]
        if let colon = name.lastIndex(of: ":"),
            name[name.index(after: colon)...].utf8.allSatisfy({ (0x30...0x39).contains($0) })
        {
            name = name[..<colon]
        }
        return name.isEmpty ? "localhost" : String(name)
    }
}

extension ProgramVariables {
    /// What REQUEST_URI says: the target as the client sent it, or its path when it was a whole URL.
    static func target(_ request: Request, _ place: MatchedPath) -> String {
        request.target.hasPrefix("/") ? request.target : String(place.prefix + place.rest + place.query)
    }
}

/// The names in a request's path, decoded: those of the route and those below it.
struct ProgramPath {
    /// The names that lead to the route.
    let prefix: ArraySlice<[UInt8]>
    /// The names below it.
    let names: ArraySlice<[UInt8]>
    /// Whether there is a slash behind the last name.
    let isFolder: Bool

    /// Reads where a request lies.
    ///
    /// Answers nil when that is no path.
    init?(_ place: MatchedPath) {
        let text = String(place.prefix + place.rest)
        guard let path = try? RequestPath(text.isEmpty ? "/" : text) else { return nil }
        let count = place.prefix.utf8.split(separator: UInt8(ascii: "/")).count
        guard path.segments.count >= count else { return nil }
        (prefix, names) = (path.segments.prefix(count), path.segments.dropFirst(count))
        isFolder = path.isFolder && !place.rest.isEmpty
    }

    /// The path in two: what leads to a program that so many names lead to, and the rest.
    func split(_ count: Int) -> ProgramVariables.Path {
        let slash = UInt8(ascii: "/")
        var info = names.dropFirst(count).flatMap { [slash] + $0 }
        if isFolder { info.append(slash) }
        return ProgramVariables.Path(script: (prefix + names.prefix(count)).flatMap { [slash] + $0 }, info: info)
    }

    /// Whether a name begins with a dot.
    static func isHidden(_ name: [UInt8]) -> Bool { name.first == UInt8(ascii: ".") }
}
