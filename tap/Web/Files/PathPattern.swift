/// A pattern of paths: `*` stands for any bytes, slashes too, and everything else for itself.
struct PathPattern: Sendable {
    private let parts: [[UInt8]]

    init(_ text: String) { parts = text.split(separator: "*", omittingEmptySubsequences: false).map { Array($0.utf8) } }

    /// Whether it fits the whole of a path.
    ///
    /// Takes a time that is linear in the path for each part.
    func matches(_ path: [UInt8]) -> Bool {
        guard let first = parts.first, let last = parts.last else { return false }
        guard parts.count > 1 else { return path == first }
        guard path.count >= first.count + last.count, path.starts(with: first),
            path.suffix(last.count).elementsEqual(last)
        else { return false }
        var rest = path[first.count..<(path.count - last.count)]
        for part in parts.dropFirst().dropLast() {
            guard let found = rest.firstRange(of: part) else { return false }
            rest = rest[found.upperBound...]
        }
        return true
    }
}
