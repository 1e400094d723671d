import Glibc
import TapData

/// Where a state text comes from: a file, or bytes in memory.
///
/// It can be read once.
package final class StateTextSource {
    /// How errors call it.
    package let name: String
    private var bytes: [UInt8]?
    private let file: CInt?

    /// A text in memory.
    package init(_ bytes: [UInt8], name: String) { (self.name, self.bytes, file) = (name, bytes, nil) }

    /// The text of a file, or of standard input, which is called `-`.
    ///
    /// Throws ``StateTextError/unreadable(file:code:)``.
    package init(file path: String) throws(StateTextError) {
        (name, bytes) = (path == "-" ? "standard-input" : path, nil)
        let file = path == "-" ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else {
            self.file = nil
            throw .unreadable(file: path, code: errno)
        }
        self.file = file
    }

    deinit { if let file { close(file) } }

    /// The next bytes; none at the end.
    fileprivate func read() throws(StateTextError) -> [UInt8] {
        guard let file else {
            defer { bytes = nil }
            return bytes ?? []
        }
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = Glibc.read(file, &buffer, buffer.count)
            if count >= 0 { return Array(buffer[..<count]) }
            guard errno == EINTR else { throw .unreadable(file: name, code: errno) }
        }
    }
}

/// The lines of a state text between its first and its last one.
struct StateTextLines {
    /// A longer line can't be a value that a tap holds: its values have a billion bytes at most ("Limits In SQLite", 1).
    private static let maximumLineBytes = 1_500_000_000
    /// A longer first line is none of a state text.
    private static let maximumFirstLineBytes = 256

    private let source: StateTextSource
    private var buffer: [UInt8] = []
    private var offset = 0
    private var isAtEnd = false
    /// The number of the line that was read last.
    private(set) var number = 0

    init(_ source: StateTextSource) { self.source = source }

    /// The next value; nil when the text has come to its end in the regular way.
    mutating func next() throws(StateTextError) -> String? {
        if number == 0 { try readFirstLine() }
        guard let line = try line(maximumBytes: StateTextLines.maximumLineBytes) else {
            throw .cutOff(file: source.name, line: number)
        }
        guard line == StateText.lastLine else { return line }
        guard try isOver() else { throw wrong("the text goes on after its last line") }
        return nil
    }

    private mutating func isOver() throws(StateTextError) -> Bool {
        guard offset == buffer.count else { return false }
        if isAtEnd { return true }
        return try source.read().isEmpty
    }

    private mutating func readFirstLine() throws(StateTextError) {
        let line: String?
        do throws(StateTextError) {
            line = try self.line(maximumBytes: StateTextLines.maximumFirstLineBytes)
        } catch .wrongLine {
            line = nil
        }
        guard let line, let object = try? JSONReader.read(line).datum.object,
            case .integer(let format)? = object[StateText.mark], format >= 1
        else { throw .notAStateText(file: source.name) }
        guard format <= StateText.format else {
            throw .newerFormat(file: source.name, format: Int(format), known: StateText.format)
        }
        guard object.keys == [StateText.mark] else { throw wrong("the first line says more than the format") }
    }

    private func wrong(_ problem: String) -> StateTextError {
        .wrongLine(file: source.name, line: number, StateLineProblem(problem))
    }

    /// The next line without its end; nil: there is none.
    private mutating func line(maximumBytes: Int) throws(StateTextError) -> String? {
        var looked = offset
        while true {
            if let end = buffer[looked...].firstIndex(of: UInt8(ascii: "\n")) {
                return try text(upTo: end, behind: end + 1, maximumBytes)
            }
            guard buffer.count - offset <= maximumBytes else { throw tooLong }
            looked = buffer.count - offset
            let more = isAtEnd ? [] : try source.read()
            isAtEnd = more.isEmpty
            guard !isAtEnd else {
                return offset < buffer.count ? try text(upTo: buffer.count, behind: buffer.count, maximumBytes) : nil
            }
            buffer.removeSubrange(..<offset)
            offset = 0
            buffer += more
        }
    }

    private var tooLong: StateTextError {
        .wrongLine(file: source.name, line: number + 1, StateLineProblem("the line is too long for a value"))
    }

    private mutating func text(upTo end: Int, behind next: Int, _ maximumBytes: Int) throws(StateTextError) -> String {
        guard end - offset <= maximumBytes else { throw tooLong }
        defer { offset = next }
        number += 1
        // Some programs end lines with two characters.
        let isTwo = end > offset && buffer[end - 1] == UInt8(ascii: "\r")
        guard let text = String(validating: buffer[offset..<(isTwo ? end - 1 : end)], as: UTF8.self) else {
            throw wrong("the line is not UTF-8")
        }
        return text
    }
}
