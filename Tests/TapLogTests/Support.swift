import Glibc
import Logging
@testable import TapLog
import TapTesting
import Taproom

/// A log file in a folder.
func output(
    _ path: String, size: Int64 = 0, keep: Int = 5, format: LogConfiguration.Format = .text,
    level: Logger.Level = .notice
) throws -> LogOutput {
    let rotation = LogRotation(size: ByteCount(bytes: size), keep: keep)
    return try LogOutput(LogConfiguration(destination: .file(path, rotation), format: format, level: level))
}

/// The lines of a file, without what is different at each run: their time.
func lines(of path: String) -> [String] {
    text(of: path).split(separator: "\n").map { String($0.dropFirst("2026-11-21T10:04:05.123Z ".count)) }
}

func text(of path: String) -> String {
    let file = open(path, O_RDONLY)
    guard file >= 0 else { return "" }
    defer { close(file) }
    return readAll(file)
}

/// Reads until the end.
func readAll(_ file: CInt) -> String {
    var content: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65536)
    while case let count = read(file, &buffer, buffer.count), count > 0 { content += buffer[..<count] }
    return String(decoding: content, as: UTF8.self)
}

func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

/// What is written to standard output, when that is one end of what `open` makes and `read` reads the other.
func standardOutput(
    _ ends: (reader: CInt, writer: CInt), _ surroundings: TextStyle.Surroundings,
    format: LogConfiguration.Format = .text, _ body: (Logger) -> Void
) throws -> String {
    let log = try LogOutput(
        LogConfiguration(format: format), standardOutput: ends.writer, surroundings: surroundings)
    body(log.logger("test"))
    close(ends.writer)
    defer { close(ends.reader) }
    return readAll(ends.reader)
}

func makePipe() -> (reader: CInt, writer: CInt) {
    var ends: [CInt] = [-1, -1]
    pipe(&ends)
    return (ends[0], ends[1])
}

func makeTerminal() -> (reader: CInt, writer: CInt) {
    var (reader, writer): (CInt, CInt) = (-1, -1)
    openpty(&reader, &writer, nil, nil, nil)
    return (reader, writer)
}
