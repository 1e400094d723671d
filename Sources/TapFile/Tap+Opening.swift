import CSQLite
import Glibc
import TapPages
import Taproom

/// What the beginning of a file says about how it is to be opened.
enum TapForm {
    case formatOne
    case present(PageProtection)

    /// Tells wrong files from damaged ones before SQLite touches them.
    init(of descriptor: CInt, _ path: String, _ passphrase: String?) throws(TapFileError) {
        switch try TapForm.header(descriptor, path) {
        case .empty: throw .notATap(path: path, found: "it is empty")
        case .cutOff(let bytes): throw .damaged(path: path, problem: "the file is cut off after \(bytes) bytes")
        case .notSQLite: throw .notATap(path: path, found: "it is no SQLite file")
        case .unprotected(0): self = .formatOne
        case .unprotected: throw .notATap(path: path, found: "it is an SQLite file of another program")
        case .checked: self = .present(.checked())
        case .checkedButDamaged:
            // A crash while the log was folded in can leave a part of the page: the log still has all of it.
            guard access(path + "-wal", F_OK) == 0 else {
                throw .damaged(path: path, problem: "not what was written: page 1")
            }
            self = .present(.checked())
        case .sealed(let header):
            guard let passphrase else { throw .sealed(.passphraseNeeded(path)) }
            self = .present(.sealed(try TapForm.key(header, passphrase, path)))
        }
    }

    private static func header(_ descriptor: CInt, _ path: String) throws(TapFileError) -> TapFileHeader {
        do {
            return try TapFileHeader.read(descriptor: descriptor, path: path)
        } catch let error as SealError {
            throw .sealed(error)
        } catch {
            throw .storage(path: path, code: SQLITE_IOERR, problem: "\(error)")
        }
    }

    private static func key(
        _ header: SealHeader, _ passphrase: String, _ path: String
    ) throws(TapFileError) -> SealKey {
        do {
            return try header.unlock(passphrase, path: path)
        } catch let error as SealError {
            throw .sealed(error)
        } catch {
            throw .storage(path: path, code: SQLITE_NOMEM, problem: "\(error)")
        }
    }
}

extension Tap {
    /// Whether a file is an encrypted tap, for which a passphrase is needed; false when it can't be read at all.
    package static func isSealed(_ path: String) -> Bool {
        var file = stat()
        guard stat(path, &file) == 0, file.st_mode & S_IFMT == S_IFREG else { return false }
        let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { return false }
        defer { Glibc.close(descriptor) }
        guard case .sealed = try? TapFileHeader.read(descriptor: descriptor, path: path) else { return false }
        return true
    }

    static func checkIsFile(_ path: String) throws(TapFileError) {
        var file = stat()
        guard stat(path, &file) == 0 else {
            switch errno {
            case ENOENT, ENOTDIR: throw .missing(path: path)
            case EACCES: throw .notPermitted(path: path, action: "reach it")
            default: throw .storage(path: path, code: SQLITE_CANTOPEN, problem: String(cString: strerror(errno)))
            }
        }
        let what: String? =
            switch file.st_mode & S_IFMT {
            case S_IFREG: nil
            case S_IFDIR: "a folder"
            case S_IFIFO: "a FIFO"
            case S_IFSOCK: "a socket"
            default: "a device"
            }
        if let what { throw .notAFile(path: path, what: what) }
    }

    /// Whether there is anything in the log of a tap; on a full disk an empty one can stay.
    static func hasLog(_ path: String) -> Bool {
        var log = stat()
        return stat(path + "-wal", &log) == 0 && log.st_size > 0
    }

    /// A crash may leave the end of the log torn, but never a hole in what was acknowledged.
    static func checkLog(_ path: String, _ protection: PageProtection) throws(TapFileError) {
        let log: WriteAheadLog
        do {
            log = try WriteAheadLog(path: path + "-wal", protection: protection)
        } catch {
            throw .storage(path: path + "-wal", code: SQLITE_IOERR, problem: "\(error)")
        }
        guard case .damaged(let frame) = log.ending else { return }
        throw .damaged(path: path, problem: "frame \(frame) of its log is not what was written, and changes follow it")
    }

    /// Says of a file that is cut off that it is.
    ///
    /// The number of pages is in the header of the database ("Database File Format", section 1.3.8), which can't be read here
    /// when it is encrypted.
    static func checkSize(_ descriptor: CInt, _ path: String) throws(TapFileError) {
        var count = [UInt8](repeating: 0, count: 4)
        guard pread(descriptor, &count, count.count, 28) == count.count else { return }
        let size = Int(lseek(descriptor, 0, SEEK_END))
        guard size < count.reduce(0, { $0 << 8 | Int($1) }) * Schema.pageSize else { return }
        throw .damaged(path: path, problem: "the file is cut off after \(size) bytes")
    }

    /// What a log still has must not be lost when another file takes the place of its own.
    static func checkIsAlone(_ path: String) throws(TapFileError) {
        guard access(path + "-wal", F_OK) == 0 else { return }
        throw .storage(path: path + "-wal", code: SQLITE_IOERR, problem: "it can't be folded into the file")
    }

    func checkFormat() throws(TapFileError) {
        do {
            let identity = try database.rows("PRAGMA application_id") { $0.integer(0) }.first
            guard identity == Int64(Schema.applicationID) else {
                throw TapFileError.notATap(path: path, found: "it is an SQLite file of another program")
            }
            let reader = try database.rows("SELECT value FROM about WHERE key = 'minimumReader'") {
                Int($0.text(0)) ?? 0
            }
            guard let minimum = reader.first else {
                throw TapFileError.damaged(path: path, problem: "it does not say who can read it")
            }
            guard minimum <= Schema.format else {
                throw TapFileError.newerFormat(path: path, format: minimum, known: Int(Schema.format))
            }
        } catch let error as TapFileError {
            guard case .storage(_, SQLITE_ERROR, let problem) = error else { throw error }
            throw .damaged(path: path, problem: problem)
        } catch {
            throw .damaged(path: path, problem: "\(error)")
        }
    }
}
