import Taproom

/// Writes to a file, and puts it aside when it is full.
struct FileSink: LogSink {
    var lost = 0
    var remarks: [LogRecord] {
        get { file.remarks }
        set { file.remarks = newValue }
    }
    private var file: RotatingFile
    private let format: LogConfiguration.Format

    init(_ path: String, _ rotation: LogRotation, _ format: LogConfiguration.Format) throws(LogError) {
        file = try RotatingFile(path, rotation)
        self.format = format
    }

    mutating func put(_ record: LogRecord) -> Bool {
        switch format {
        case .text: file.write(line: LogFormat.text(record))
        case .json: file.write(line: LogFormat.json(record))
        }
    }

    mutating func reopen() { file.reopen() }

    func give(toUser user: UInt32, group: UInt32) throws(LogError) { try file.give(toUser: user, group: group) }
}
