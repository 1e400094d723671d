import NIOCore

/// Copies fields from one head to another: those whose lines follow each other are copied together.
struct PassedFields {
    private let source: UnsafeRawBufferPointer
    /// The lines that wait to be copied.
    private var lines = 0..<0

    /// Copies lines of bytes that were checked and stay where they are.
    init(of source: UnsafeRawBufferPointer) { self.source = source }

    /// Passes a field that stands in a line with its line end; ``finish(to:)`` comes behind the last.
    mutating func pass(
        _ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer, in line: Range<Int>, to bytes: inout ByteBuffer
    ) {
        // Nothing but a colon and a space stands between the two, and nothing behind them.
        if line.count == name.count + value.count + 4, source[line.lowerBound + name.count + 1] == 0x20 {
            if line.lowerBound == lines.upperBound {
                lines = lines.lowerBound..<line.upperBound
            } else {
                finish(to: &bytes)
                lines = line
            }
            return
        }
        finish(to: &bytes)
        bytes.writeBytes(name)
        bytes.writeStaticString(": ")
        bytes.writeBytes(value)
        bytes.writeStaticString("\r\n")
    }

    /// Copies what waits.
    mutating func finish(to bytes: inout ByteBuffer) {
        guard !lines.isEmpty else { return }
        bytes.writeBytes(UnsafeRawBufferPointer(rebasing: source[lines]))
        lines = 0..<0
    }
}
