import Glibc
import Logging
import Taproom

/// A file of lines that grows at its end, and is put aside when it is full.
///
/// When that can't be done, as after the privileges were given up that made the file, the same file is written on. Several
/// processes may write to one path: each line is whole, and who finds that the file was put aside goes on with the new one.
package struct RotatingFile: Sendable {
    /// What there is to say about it, and was not said yet.
    package var remarks: [LogRecord] = []
    /// How many lines were given up: their beginning lies in a file that was put aside before the rest could be written.
    package var torn = 0
    private let path: String
    private let rotation: LogRotation
    private var file: OpenFile
    private var writer: LineWriter
    /// How large the file is, and when it is put aside.
    private var (size, limit): (Int64, Int64)
    /// What was complained about since it worked.
    private var complaints: Set<String> = []
    /// Whether the caller comes back with the rest of a line, and whether the file still waits for that.
    private var (owesRest, awaitsRest) = (false, false)

    /// Opens the file at a path, which is made when there is none.
    ///
    /// A line that another process has left without its end gets it before the next one. Throws ``LogError``.
    package init(_ path: String, _ rotation: LogRotation) throws(LogError) {
        self.path = LocalPath(path, in: LocalPath.workingFolder).text
        self.rotation = rotation
        file = try LogFile.open(self.path)
        writer = LineWriter(isCut: LogFile.isCut(file, at: self.path))
        (size, limit) = (0, .max)
        measure()
    }

    /// Writes a line, whose end is added.
    ///
    /// Answers whether that could be done; a line that could not is given up.
    mutating func write(line: String) -> Bool {
        if size > 0, size + Int64(line.utf8.count) + 1 > limit { reopen() }
        guard let count = writer.write(line, to: file.descriptor) else { return false }
        size += Int64(count)
        return true
    }

    /// Writes lines with their ends, as many as can be written, each to one file.
    ///
    /// Answers how many bytes are done with. When these are not all, as on a full disk, errno says why, and the caller comes
    /// back later with the rest, which can begin inside of a line.
    package mutating func write(lines: UnsafeRawBufferPointer) -> Int {
        var done = owesRest && !awaitsRest ? skipLine(lines) : 0
        while done < lines.count {
            let rest = UnsafeRawBufferPointer(rebasing: lines[done...])
            var count = fitting(rest)
            if count == 0 {
                reopen()
                count = max(fitting(rest), firstLine(rest))
            }
            let written = writer.write(UnsafeRawBufferPointer(rebasing: rest[..<count]), to: file.descriptor)
            if written > 0 {
                (size, done) = (size + Int64(written), done + written)
                owesRest = lines[done - 1] != LineWriter.end
                awaitsRest = owesRest
            }
            if written < count { break }
        }
        return done
    }

    /// Waits until a reader has made room in a pipe that was full.
    ///
    /// Answers whether it has within the time.
    package func waitForReader(milliseconds: Int32) -> Bool {
        var poll = pollfd(fd: file.descriptor, events: Int16(POLLOUT), revents: 0)
        return Glibc.poll(&poll, 1, milliseconds) > 0
    }

    /// The rest of a line whose beginning lies elsewhere.
    private mutating func skipLine(_ lines: UnsafeRawBufferPointer) -> Int {
        owesRest = false
        torn += 1
        return firstLine(lines)
    }

    private func firstLine(_ lines: UnsafeRawBufferPointer) -> Int {
        lines.firstIndex(of: LineWriter.end).map { $0 + 1 } ?? lines.count
    }

    /// How many bytes of lines the file takes before it is full: whole lines, and what belongs to one that has begun.
    private func fitting(_ lines: UnsafeRawBufferPointer) -> Int {
        let room = limit - size
        if room >= Int64(lines.count) { return lines.count }
        let whole = lines.prefix(Int(max(room, 0))).lastIndex(of: LineWriter.end).map { $0 + 1 } ?? 0
        return awaitsRest || size == 0 ? max(whole, firstLine(lines)) : whole
    }

    /// Begins a new file: at the path when the old one is no longer there, else by putting that aside.
    ///
    /// When neither can be done the old one is written on, which is said in ``remarks``. Nothing happens to what is no file.
    package mutating func reopen() {
        guard let open = LogFile.status(of: file.descriptor), open.isRegular else { return }
        if let named = LogFile.status(at: path), named.isSameFile(as: open) { return rotate() }
        do throws(LogError) {
            use(try LogFile.open(path))
        } catch {
            postpone("the log goes on in the file that was moved away", error.description)
        }
    }

    /// Makes an account its owner.
    ///
    /// Throws ``LogError``; the file then has the owner it had. Nothing happens to what is no file.
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
        writer = LineWriter(isCut: LogFile.isCut(file, at: path))
        complaints = []
        awaitsRest = false
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
