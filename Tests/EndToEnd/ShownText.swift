import Glibc

/// The output that a document shows under a command; `…` in it stands for any text.
struct ShownText {
    private let pieces: [Substring]

    init(_ text: String) { pieces = Self.normalized(text).split(separator: "…", omittingEmptySubsequences: false) }

    /// Whether an output is what is shown, but for what differs from run to run.
    func fits(_ output: String) -> Bool {
        var rest = Self.normalized(output)[...]
        for (index, piece) in pieces.enumerated() {
            let isLast = index == pieces.count - 1
            if index == 0 {
                guard rest.hasPrefix(piece) else { return false }
                rest = rest.dropFirst(piece.count)
                if isLast { return rest.isEmpty }
            } else if isLast {
                return rest.hasSuffix(piece)
            } else {
                guard let place = rest.firstRange(of: piece) else { return false }
                rest = rest[place.upperBound...]
            }
        }
        return true
    }

    /// A text with what differs from run to run made equal: moments, process numbers, sizes, the name of the user, and the
    /// spaces that depend on their width.
    private static func normalized(_ text: String) -> String {
        let user = getpwuid(geteuid()).map { String(cString: $0.pointee.pw_name) } ?? "ada"
        return text.replacing(/\d{4}-\d\d-\d\d[T ][0-9:.]+Z?/, with: "TIME").replacing(/process \d+/, with: "process N")
            .replacing(/"(pid|process)":\d+/, with: "\"process\":N").replacing(/lose \d+ s/, with: "lose N s")
            .replacing(/\d+ bytes/, with: "N bytes").replacing(/\d+\.\d [kM]B/, with: "N kB")
            .replacing(" \(user) ", with: " ada ").replacing(", \(user))", with: ", ada)")
            .replacing("\r\n", with: "\n").replacing(/\ +/, with: " ").replacing(/\n+$/, with: "")
    }
}
