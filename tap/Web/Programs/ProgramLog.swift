import Logging
import NIOCore

/// What a program writes to its standard error, line by line in the log.
struct ProgramLog {
    private static let maximumLineBytes = 1024
    /// A program that never stops complaining must not fill the disk.
    private static let maximumLines = 200

    let logger: Logger
    let program: String
    private var line: [UInt8] = []
    private var isCut = false
    private var lines = 0

    init(_ logger: Logger, program: String) {
        (self.logger, self.program) = (logger, program)
    }

    /// Takes what was written.
    mutating func take(_ bytes: ByteBuffer) {
        guard lines <= ProgramLog.maximumLines else { return }
        for byte in bytes.readableBytesView {
            if byte == 0x0A {
                end()
            } else if line.count < ProgramLog.maximumLineBytes {
                line.append(byte)
            } else {
                isCut = true
            }
        }
    }

    /// Writes what is left of a line.
    mutating func end() {
        defer { (line, isCut) = ([], false) }
        if line.last == 0x0D { line.removeLast() }
        guard !line.isEmpty else { return }
        lines += 1
        guard lines <= ProgramLog.maximumLines else {
            if lines == ProgramLog.maximumLines + 1 {
                logger.warning("a program wrote too many lines to standard error", metadata: ["program": "\(program)"])
            }
            return
        }
        let text =
            String(decoding: line.map { $0 < 0x20 || $0 == 0x7F ? 0x20 : $0 }, as: UTF8.self) + (isCut ? "…" : "")
        logger.warning("a program wrote to standard error", metadata: ["program": "\(program)", "text": "\(text)"])
    }
}
