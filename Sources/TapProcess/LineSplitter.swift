package import NIOCore

/// Makes lines of the pieces that a program writes.
///
/// Of a line that is too long the beginning is kept.
package struct LineSplitter: Sendable {
    /// A line without its end.
    package struct Line: Equatable, Sendable {
        package var bytes: [UInt8]
        /// Whether it was longer.
        package var isCut: Bool

        /// The line as text of one line: control characters are spaces, and what is not UTF-8 is marked.
        package var text: String {
            String(decoding: bytes.map { $0 < 0x20 || $0 == 0x7F ? 0x20 : $0 }, as: UTF8.self) + (isCut ? "…" : "")
        }
    }

    private let maximumBytes: Int
    private var line = Line(bytes: [], isCut: false)

    /// For lines of at most so many bytes.
    package init(maximumBytes: Int) { self.maximumBytes = maximumBytes }

    /// Takes what was written, and gives away the lines that are complete, but those without anything in them.
    package mutating func take(_ bytes: ByteBuffer, _ body: (Line) -> Void) {
        var rest = bytes.readableBytesView[...]
        while let end = rest.firstIndex(of: 0x0A) {
            append(rest[..<end])
            self.end(body)
            rest = rest[rest.index(after: end)...]
        }
        append(rest)
    }

    /// Gives away what is left of a line.
    package mutating func end(_ body: (Line) -> Void) {
        if line.bytes.last == 0x0D { line.bytes.removeLast() }
        if !line.bytes.isEmpty { body(line) }
        line = Line(bytes: [], isCut: false)
    }

    private mutating func append(_ bytes: ByteBufferView) {
        let room = maximumBytes - line.bytes.count
        line.bytes += bytes.prefix(room)
        if bytes.count > room { line.isCut = true }
    }
}
