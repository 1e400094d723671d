/// What a place is called where its requests are counted: its host's first name, and the path of its route.
///
/// As text one behind the other: `example.com/pictures`, `/pictures` outside of all hosts. Requests that no place answers have
/// the name of the host only.
struct PlaceName: Hashable, Sendable {
    /// The host of requests for all names that no host of the settings has.
    static let otherHost = "other"

    let host: String
    /// Nil for requests that no place answers, as when their path can't be read.
    let path: String?

    init(host: String?, path: String?) { (self.host, self.path) = (host ?? PlaceName.otherHost, path) }

    /// Reads what ``text`` has written.
    init(_ text: String) {
        guard let slash = text.firstIndex(of: "/") else {
            self.init(host: text, path: nil)
            return
        }
        let host = String(text[..<slash])
        self.init(host: host.isEmpty ? nil : host, path: String(text[slash...]))
    }

    var text: String {
        guard let path else { return host }
        return (host == PlaceName.otherHost ? "" : host) + path
    }
}
