/// Decides by the preconditions of a request whether a file is sent, in the order of RFC 9110, 13.2.2.
struct Conditions {
    /// What comes of the preconditions.
    enum Outcome: Equatable {
        /// Send the file; `range` tells whether a range that was asked for counts.
        case send(range: Bool)
        case notModified
        case failed
    }

    /// The file's entity tag with its quotes.
    let entityTag: String
    /// When the file was last changed, in seconds since 1970.
    let modified: Int64

    /// Decides for a GET or HEAD request.
    func evaluate(_ fields: RequestFields) -> Outcome {
        if let tags = fields.ifMatch {
            guard matches(tags, weakly: false) else { return .failed }
        } else if let date = fields.ifUnmodifiedSince.flatMap(HTTPDate.seconds), modified > date {
            return .failed
        }
        if let tags = fields.ifNoneMatch {
            if matches(tags, weakly: true) { return .notModified }
        } else if let date = fields.ifModifiedSince.flatMap(HTTPDate.seconds), modified <= date {
            return .notModified
        }
        return .send(range: fields.ifRange.map(isCurrent) ?? true)
    }

    /// `If-Range` holds one tag, compared strongly, or a date, which has to be exactly the file's.
    private func isCurrent(_ validator: String) -> Bool {
        if validator.hasPrefix("\"") { return validator == entityTag }
        return HTTPDate.seconds(validator) == modified
    }

    /// Whether a list of tags names the file's.
    ///
    /// Its own tag is never weak.
    private func matches(_ list: String, weakly: Bool) -> Bool {
        if list == "*" { return true }
        var rest = list.utf8[...]
        while true {
            rest = rest.drop { $0 == 0x20 || $0 == 0x09 || $0 == UInt8(ascii: ",") }
            let isWeak = rest.starts(with: "W/".utf8)
            if isWeak { rest = rest.dropFirst(2) }
            guard rest.first == UInt8(ascii: "\""),
                let end = rest.dropFirst().firstIndex(of: UInt8(ascii: "\""))
            else { return false }
            if rest[...end].elementsEqual(entityTag.utf8), weakly || !isWeak { return true }
            rest = rest[rest.index(after: end)...]
        }
    }
}
