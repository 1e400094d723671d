/// The parts of a log as they are in its file, in the clear.
///
/// Memory for one frame is used, however long the log is.
struct LogReader {
    /// A frame, whether it counts or not.
    struct Frame {
        let page: UInt32
        /// The pages of the database when a transaction ends here, or 0.
        let databasePages: UInt32
        let salts: ArraySlice<UInt8>
        let checksum: LogChecksum
        /// What the checksum is computed from, besides the content.
        fileprivate let summed: ArraySlice<UInt8>
        /// The page, or nil when the key does not open it.
        let content: ArraySlice<UInt8>?

        var isCommit: Bool { databasePages != 0 }
    }

    private let file: FileBytes
    private let form: PageForm?
    private let header: [UInt8]
    /// The whole frames that the file has room for.
    let frameCount: Int

    init(_ file: FileBytes, _ form: PageForm?) throws {
        self.file = file
        self.form = form
        header = try file.read(Int(LogFrame.first), at: 0)
        frameCount = Int(max(0, try file.size() - LogFrame.first)) / LogFrame.size
    }

    /// Whether the header is one of SQLite's, for pages of our size, and what was written.
    var hasGoodHeader: Bool {
        guard header.count == Int(LogFrame.first) else { return false }
        let magic = BigEndian.number(header, 0, 4)
        guard magic | 1 == 0x377F_0683, BigEndian.number(header, 8, 4) == UInt64(PageForm.pageSize) else {
            return false
        }
        return checksumOfHeader == LogChecksum().adding(header[..<24], isBigEndian: isBigEndian)
    }

    var salts: ArraySlice<UInt8> { header[16..<24] }

    var checksumOfHeader: LogChecksum { LogChecksum(header[24...]) }

    private var isBigEndian: Bool { header[3] & 1 == 1 }

    /// The checksum a frame has to bear when the one before it bears another.
    ///
    /// Answers nil when its page can't be opened.
    func checksum(of frame: Frame, after previous: LogChecksum) -> LogChecksum? {
        frame.content.map {
            previous.adding(frame.summed, isBigEndian: isBigEndian).adding($0, isBigEndian: isBigEndian)
        }
    }

    /// A frame; they count from 0.
    ///
    /// Answers nil when it can't be read. Throws nothing: what a bad disk doesn't give isn't there.
    func frame(_ index: Int) -> Frame? {
        let offset = LogFrame.offset(of: Int64(index))
        guard var bytes = try? file.read(LogFrame.size, at: offset), bytes.count == LogFrame.size else { return nil }
        var isOpen = true
        if case .sealed(let key) = form {
            bytes.withUnsafeMutableBytes { bytes in
                guard let start = bytes.baseAddress else { return }
                let place = LogFrame.place(start, at: offset)
                LogFrame.mask(start, at: offset, key)
                isOpen = SealedPage.open(start + LogFrame.headerBytes, place, key)
            }
        }
        return Frame(
            page: UInt32(BigEndian.number(bytes, 0, 4)), databasePages: UInt32(BigEndian.number(bytes, 4, 4)),
            salts: bytes[8..<16], checksum: LogChecksum(bytes[16..<24]), summed: bytes[..<8],
            content: isOpen ? bytes[LogFrame.headerBytes...] : nil)
    }
}
