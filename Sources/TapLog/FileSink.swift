import Glibc
import Logging
import Taproom

/// Writes to a file, and puts it aside when it is full.
///
/// When that can't be done, as after the privileges were given up that made the file, the same file is written on.
struct FileSink: LogSink {
    var lost = 0
    var remarks: [LogRecord] = []
    private let path: String
    private let rotation: LogRotation
    private let format: LogConfiguration.Format
    private var file: OpenFile
    private var writer = LineWriter()
    /// How large the file is, and when it is put aside.
    private var (size, limit): (Int64, Int64)
    /// What was complained about since it worked.
    private var complaints: Set<String> = []

    init(_ path: String, _ rotation: LogRotation, _ format: LogConfiguration.Format) throws(LogError) {
        self.path = LocalPath(path, in: LocalPath.workingFolder).text
        self.rotation = rotation
        self.format = format
        file = try LogFile.open(self.path)
        (size, limit) = (0, .max)
        measure()
    }

    mutating func put(_ record: LogRecord) -> Bool {
        let line =
            switch format {
            case .text: LogFormat.text(record)
            case .json: LogFormat.json(record)
            }
        if size > 0, size + Int64(line.utf8.count) + 1 > limit { reopen() }
        guard let count = writer.write(line, to: file.descriptor) else { return false }
        size += Int64(count)
        return true
    }

    /// Begins a new file: at the path when the old one is no longer there, else by putting that aside.
    mutating func reopen() {
        guard let open = LogFile.status(of: file.descriptor), open.isRegular else { return }
        if let named = LogFile.status(at: path), named.isSameFile(as: open) { return rotate() }
        do throws(LogError) {
            use(try LogFile.open(path))
        } catch {
            postpone("the log goes on in the file that was moved away", error.description)
        }
    }

    func give(toUser user: UInt32, group: UInt32) throws(LogError) {
        guard let status = LogFile.status(of: file.descriptor), status.isRegular else { return }
        guard status.names <= 1 else { throw .isShared(path: path) }
        guard fchown(file.descriptor, user, group) == 0 else { throw .cannotGive(path: path, code: errno) }
    }

    /// Begins a new file; the old ones get their next numbers, and the oldest goes.
    private mutating func rotate() {
        let message = "the log cannot be put aside and grows"
        // The new file is made first: when that fails nothing has been moved.
        let fresh = path + ".new"
        unlink(fresh)
        guard let file = LogFile.make(fresh) else {
            return postpone(message, SystemCallError("make \(fresh)").description)
        }
        for number in stride(from: rotation.keep, to: 0, by: -1) {
            let from = number == 1 ? path : "\(path).\(number - 1)"
            guard rename(from, "\(path).\(number)") == 0 || (errno == ENOENT && number > 1) else {
                let error = SystemCallError("rename \(from)")
                unlink(fresh)
                return postpone(message, error.description)
            }
        }
        guard rename(fresh, path) == 0 else {
            return postpone(message, SystemCallError("rename \(fresh)").description)
        }
        // Fewer may be kept than before.
        var number = rotation.keep + 1
        while unlink("\(path).\(number)") == 0 { number += 1 }
        use(file)
    }

    private mutating func use(_ file: OpenFile) {
        self.file = file
        writer = LineWriter()
        complaints = []
        measure()
    }

    private mutating func measure() {
        let status = LogFile.status(of: file.descriptor)
        size = status?.size ?? 0
        limit = status?.isRegular == true && rotation.size.bytes > 0 ? rotation.size.bytes : .max
    }

    /// Goes on in the same file until it is a tenth larger, and says once why.
    private mutating func postpone(_ message: String, _ error: String) {
        if limit < .max { limit = size + max(rotation.size.bytes / 10, 1) }
        guard complaints.insert(message + error).inserted else { return }
        remarks.append(LogRecord(.warning, message, ["file": "\(path)", "error": "\(error)"]))
    }
}
