/// What an upstream is asked for.
enum UpstreamTarget {
    /// The target of the request to an upstream, or nil when the path has `..` in it, also in disguise.
    ///
    /// With a path in the upstream's address that path takes the place of the route's; without one the path passes as it
    /// came. Programs that know each other's paths resolve `..` before they ask; whoever sends it to a proxy wants to get
    /// where the route doesn't lead.
    static func text(_ request: Request, at place: MatchedPath, _ upstream: Upstream) -> String? {
        if request.target == "*" { return "*" }
        guard !climbs(place.prefix), !climbs(place.rest) else { return nil }
        guard !upstream.path.isEmpty else {
            if request.target.utf8.first == UInt8(ascii: "/") { return request.target }
            let path = "\(place.prefix)\(place.rest)"
            return (path.isEmpty ? "/" : path) + place.query
        }
        guard !place.rest.isEmpty else { return upstream.path + place.query }
        var target = upstream.pathBase
        target.append(contentsOf: place.rest)
        target.append(contentsOf: place.query)
        return target
    }

    /// Whether one of a path's segments is `..`, when escapes are resolved and backslashes count as slashes.
    private static func climbs(_ path: Substring) -> Bool {
        var dots = 0
        var isPlain = true
        var rest = path.utf8[...]
        while var byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"), let high = rest.first.flatMap(RequestPath.hexadecimal),
                let low = rest.dropFirst().first.flatMap(RequestPath.hexadecimal)
            {
                byte = high << 4 | low
                rest = rest.dropFirst(2)
            }
            switch byte {
            case UInt8(ascii: "/"), UInt8(ascii: "\\"):
                if isPlain && dots == 2 { return true }
                (dots, isPlain) = (0, true)
            case UInt8(ascii: "."): dots += 1
            default: isPlain = false
            }
        }
        return isPlain && dots == 2
    }
}
