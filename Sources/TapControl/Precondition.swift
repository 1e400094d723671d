/// The revisions that an asker names in `If-Match` and `If-None-Match` (RFC 9110, sections 8.8.3 and 13.1).
struct Precondition: Equatable {
    /// Whether any revision will do.
    private(set) var isAny = false
    /// Strong tags, as they stand between their quotes.
    private(set) var strong: [String] = []
    private(set) var weak: [String] = []

    /// Reads the value of a field: `*`, or tags between commas.
    ///
    /// A revision without its quotes, as people type it, is taken too.
    init(_ field: String) {
        for part in field.split(separator: ",") {
            let tag = part.trimmingSpaces()
            if tag == "*" {
                isAny = true
            } else if tag.hasPrefix("W/") {
                weak.append(tag.dropFirst(2).filter { $0 != "\"" })
            } else {
                strong.append(tag.filter { $0 != "\"" })
            }
        }
    }

    /// Whether a change for these may be made at a revision: a weak tag never says so.
    func allowsChange(at revision: Int) -> Bool { isAny || strong.contains(String(revision)) }

    /// Whether the asker has the answer of a revision already.
    func knows(_ revision: Int) -> Bool { isAny || (strong + weak).contains(String(revision)) }
}

extension Substring {
    fileprivate func trimmingSpaces() -> Substring {
        let isSpace: (Character) -> Bool = { $0 == " " || $0 == "\t" }
        var text = drop(while: isSpace)
        while let last = text.last, isSpace(last) { text.removeLast() }
        return text
    }
}
