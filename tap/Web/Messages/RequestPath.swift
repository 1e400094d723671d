/// The path of a request target, decoded and resolved: never above the root, and in bytes, for names need not be UTF-8.
///
/// - The query and everything after it is left out. `http://host/path` counts as `/path`.
/// - Percent escapes are decoded once. Wrong ones, and those that stand for NUL or a slash, are refused.
/// - Empty segments and `.` are left out; `..` takes the segment before it away, and is refused where there is none.
struct RequestPath: Equatable {
    /// Why a target is not served.
    enum Problem: Error, Equatable {
        case notAPath
        case invalidEscape
        case forbiddenByte
        case aboveRoot
    }

    /// The names, from the root down.
    private(set) var segments: [[UInt8]] = []
    /// How many of the names lead to what is served, and are no names in it.
    private var mounted = 0
    /// Whether the path asks for a folder: it ends with a slash, or with `.` or `..`.
    private(set) var isFolder = true
    /// The query with its question mark, as it was sent; empty when there is none.
    private(set) var query = ""

    /// Reads a request target.
    init(_ target: String) throws(Problem) {
        var rest = target[...]
        if let question = rest.utf8.firstIndex(of: UInt8(ascii: "?")) {
            query = String(rest[question...])
            rest = rest[..<question]
        }
        var path = RequestPath.withoutAuthority(rest)
        guard path.utf8.first == UInt8(ascii: "/") else { throw .notAPath }
        if let problem = path.withUTF8({ take(UnsafeRawBufferPointer($0)) }) { throw problem }
    }

    /// Takes a path that begins with a slash.
    private mutating func take(_ path: UnsafeRawBufferPointer) -> Problem? {
        var start = 1
        while start <= path.count {
            var end = start
            while end < path.count, path[end] != UInt8(ascii: "/") { end += 1 }
            do throws(Problem) {
                try takeSegment(UnsafeRawBufferPointer(rebasing: path[start..<end]))
            } catch {
                return error
            }
            start = end + 1
        }
        return nil
    }

    private mutating func takeSegment(_ raw: UnsafeRawBufferPointer) throws(Problem) {
        let segment = try RequestPath.decoded(raw)
        isFolder = true
        if segment.isEmpty || segment.count == 1 && segment[0] == UInt8(ascii: ".") { return }
        if segment.count == 2, segment[0] == UInt8(ascii: "."), segment[1] == UInt8(ascii: ".") {
            guard segments.popLast() != nil else { throw .aboveRoot }
            return
        }
        segments.append(segment)
        isFolder = false
    }

    private static func withoutAuthority(_ target: Substring) -> Substring {
        guard target.utf8.first != UInt8(ascii: "/") else { return target }
        let scheme = target.prefix(8).lowercased()
        guard scheme.hasPrefix("http://") || scheme == "https://" else { return target }
        let authority = target.dropFirst(scheme == "https://" ? 8 : 7)
        guard let slash = authority.firstIndex(of: "/") else { return authority.isEmpty ? target : "/" }
        return slash == authority.startIndex ? target : authority[slash...]
    }

    private static func decoded(_ raw: UnsafeRawBufferPointer) throws(Problem) -> [UInt8] {
        if !raw.contains(where: { $0 == UInt8(ascii: "%") || $0 == 0 }) { return Array(raw) }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(raw.count)
        var rest = raw.makeIterator()
        while var byte = rest.next() {
            if byte == UInt8(ascii: "%") {
                guard let high = rest.next().flatMap(hexadecimal), let low = rest.next().flatMap(hexadecimal) else {
                    throw .invalidEscape
                }
                byte = high << 4 | low
                if byte == UInt8(ascii: "/") { throw .forbiddenByte }
            }
            if byte == 0 { throw .forbiddenByte }
            bytes.append(byte)
        }
        return bytes
    }

    static func hexadecimal(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }

    /// The path in two parts, the first of which has so many names, both as a URL writes them.
    func matched(_ count: Int) -> MatchedPath {
        var (prefix, rest) = ("", "")
        for (position, name) in segments.enumerated() {
            if position < count { prefix += "/" + Escaping.url(name) } else { rest += "/" + Escaping.url(name) }
        }
        if isFolder { rest += "/" }
        return MatchedPath(prefix: prefix[...], rest: rest[...], query: query[...])
    }

    /// The names below what is served.
    var names: ArraySlice<[UInt8]> { segments[mounted...] }

    /// The same path to something that is served below some names.
    func mounted(below count: Int) -> RequestPath {
        var path = self
        path.mounted = min(count, segments.count)
        return path
    }

    /// The names below what is served, as the operating system takes them.
    var fileName: [UInt8] { Array(names.joined(separator: [UInt8(ascii: "/")])) }

    /// The whole path with a slash at its beginning, decoded.
    var bytes: [UInt8] { [UInt8(ascii: "/")] + segments.joined(separator: [UInt8(ascii: "/")]) }

    /// Whether a name on the way begins with a dot, other than a leading `.well-known`.
    var isHidden: Bool {
        let names = names.first == Array(".well-known".utf8) ? names.dropFirst() : names
        return names.contains { $0.first == UInt8(ascii: ".") }
    }

    /// The path as a URL writes it, with a slash at its end.
    ///
    /// It begins with one slash and a name, never with two slashes.
    var folderLocation: String { "/" + segments.map { Escaping.url($0) + "/" }.joined() }
}
