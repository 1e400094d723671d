/// A piece of HTML in which nothing that was put in can become markup.
///
///     let row: HTML = "<li class=\"\(entry.kind)\">\(entry.text)</li>"
///
/// What stands in the program is markup; what is put in is text and gets escaped, in contents and in quoted attributes. Inside
/// of `<script>`, `<style>` and attributes without quotes nothing should be put in: escapes don't count there. Pieces of HTML go
/// into others as they are, so a function that answers one is a template:
///
///     func page(_ title: String, _ entries: [Entry]) -> HTML {
///         """
///         <!doctype html><title>\(title)</title>
///         \(if: entries.isEmpty, "<p>Nobody was here yet.</p>")
///         <ul>\(each: entries, { "<li><a href=\"\(url: $0.link)\">\($0.name)</a></li>" })</ul>
///         """
///     }
public struct HTML: ExpressibleByStringInterpolation, Sendable, Equatable {
    /// The markup.
    public let markup: String

    /// A text of the program.
    public init(stringLiteral markup: String) { self.markup = markup }

    /// A text of the program with values in it.
    public init(stringInterpolation: Interpolation) { markup = stringInterpolation.markup }

    /// Markup that comes from elsewhere and is trusted: nothing is escaped.
    public init(trusted markup: String) { self.markup = markup }

    /// A text of the program with values in it.
    public typealias StringInterpolation = Interpolation

    /// Puts HTML together.
    public struct Interpolation: StringInterpolationProtocol {
        fileprivate var markup = ""

        /// Begins with nothing.
        public init(literalCapacity: Int, interpolationCount: Int) { markup.reserveCapacity(literalCapacity) }

        /// Adds markup of the program.
        public mutating func appendLiteral(_ literal: String) { markup += literal }

        /// Adds a text or a number, escaped.
        public mutating func appendInterpolation(_ value: some LosslessStringConvertible) {
            markup += HTML.escaped(value.description)
        }

        /// Adds a piece of HTML.
        public mutating func appendInterpolation(_ html: HTML) { markup += html.markup }

        /// Adds a piece of HTML on a condition, or another one.
        public mutating func appendInterpolation(
            if condition: Bool, _ html: @autoclosure () -> HTML, else other: @autoclosure () -> HTML = ""
        ) { markup += condition ? html().markup : other().markup }

        /// Adds a piece of HTML for each of some values.
        public mutating func appendInterpolation<Value>(each values: some Sequence<Value>, _ html: (Value) -> HTML) {
            for value in values { markup += html(value).markup }
        }

        /// Adds the address of a link: one of the schemes http, https and mailto, or one without a scheme; `#` instead of
        /// any other, such as `javascript:`.
        public mutating func appendInterpolation(url: String) {
            markup += HTML.escaped(HTML.isHarmless(url) ? url : "#")
        }
    }

    /// Text as HTML shows it, in contents and in quoted attributes; controls, which HTML does not allow, are left out.
    static func escaped(_ text: String) -> String {
        var escaped = ""
        escaped.reserveCapacity(text.utf8.count)
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            case "'": escaped += "&#39;"
            case "\t", "\n", "\r": escaped.unicodeScalars.append(scalar)
            case "\0"..<" ", "\u{7F}"..<"\u{A0}": break
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }

    /// Browsers leave out spaces and controls before they look for the scheme, so that a text with any of them is none.
    private static func isHarmless(_ url: String) -> Bool {
        guard url.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F }) else { return false }
        let beginning = url.prefix { !"/?#".contains($0) }
        guard let colon = beginning.firstIndex(of: ":") else { return true }
        return ["http", "https", "mailto"].contains(beginning[..<colon].lowercased())
    }
}
