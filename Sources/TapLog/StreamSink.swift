import Glibc

/// Writes to an open file that is the caller's: standard output.
struct StreamSink: LogSink {
    var lost = 0
    var remarks: [LogRecord] = []
    private let descriptor: CInt
    private let format: LogConfiguration.Format
    private let style: TextStyle
    private var writer = LineWriter()

    init(_ descriptor: CInt, _ format: LogConfiguration.Format, _ style: TextStyle) {
        self.descriptor = descriptor
        self.format = format
        self.style = style
    }

    mutating func put(_ record: LogRecord) -> Bool {
        let line =
            switch format {
            case .text: LogFormat.text(record, style)
            case .json: (style == .journal ? "<\(record.level.severity)>" : "") + LogFormat.json(record)
            }
        return writer.write(line, to: descriptor) != nil
    }
}
