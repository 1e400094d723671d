import CSQLite
import Synchronization

/// How the pages of one tap are protected on the disk, and what was found wrong with them.
///
/// Whoever opens a tap makes one, and opens the file through its ``uri(forPath:immutable:)``; it has to live as long as
/// the URI is used.
package final class PageProtection: Sendable {
    /// The parameter of a URI that names a protection.
    static let parameter = "protection"

    private struct Registered {
        weak var protection: PageProtection?
    }

    private static let registry = Mutex<(next: Int, known: [String: Registered])>((1, [:]))

    let form: PageForm
    private let token: String
    private let bad = Mutex<Set<UInt32>>([])

    private init(_ form: PageForm) {
        self.form = form
        token = PageProtection.registry.withLock { registry in
            registry.next += 1
            return String(registry.next)
        }
        PageProtection.registry.withLock { $0.known[token] = Registered(protection: self) }
    }

    deinit { PageProtection.registry.withLock { $0.known[token] = nil } }

    /// Pages in the clear with a checksum each.
    ///
    /// Any SQLite reads such a file too. What it writes without this counts as bad afterwards.
    package static func checked() -> PageProtection { PageProtection(.checked) }

    /// Pages that only the key opens.
    package static func sealed(_ key: SealKey) -> PageProtection { PageProtection(.sealed(key)) }

    /// The protection a token stands for, while somebody has it.
    static func find(_ token: String) -> PageProtection? { registry.withLock { $0.known[token]?.protection } }

    /// Whether only the key opens the pages.
    package var isSealed: Bool { if case .sealed = form { true } else { false } }

    /// The bytes at the end of each page that SQLite has to leave alone: byte 20 of the header of the database.
    package var reservedBytes: Int { form.reservedBytes }

    /// The pages that were read and were not what had been written, in order, each once.
    ///
    /// SQLite tells of them by an error (SQLITE_IOERR, extended SQLITE_IOERR_DATA), but not always: `sqlite3_serialize`
    /// puts zeros in their place without a word, so look here after it.
    package var badPages: [UInt32] { bad.withLock { $0.sorted() } }

    /// What ``badPages`` means, in a few words; nil: there are none.
    package var problem: String? {
        let pages = badPages
        guard !pages.isEmpty else { return nil }
        let list = pages.prefix(8).map(String.init).joined(separator: ", ") + (pages.count > 8 ? ", ..." : "")
        return "not what was written: page \(list)"
    }

    func noteBadPage(_ number: UInt32) { bad.withLock { _ = $0.insert(number) } }

    /// The name by which `sqlite3_open_v2` opens a file with this protection, with SQLITE_OPEN_URI.
    ///
    /// An immutable file is one that nobody changes meanwhile; its log is not looked at.
    package func uri(forPath path: String, immutable: Bool = false) -> String {
        PageVFS.register()
        // SQLite reads an escape for any byte (its "URI Filenames" page), so only the plainest stay as they are.
        let plain = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/._-".utf8)
        let escaped = path.utf8.map { byte in
            plain.contains(byte)
                ? String(Unicode.Scalar(byte)) : (byte < 16 ? "%0" : "%") + String(byte, radix: 16, uppercase: true)
        }
        // With an empty host before it, a path that begins with two slashes is no host.
        let scheme = path.hasPrefix("/") ? "file://" : "file:"
        return "\(scheme)\(escaped.joined())?vfs=\(PageVFS.name)&\(PageProtection.parameter)=\(token)"
            + (immutable ? "&immutable=1" : "")
    }

    /// Readies a connection that was just opened: room for the trailers, and no temporary files.
    ///
    /// Answers SQLite's result code. For databases in memory too, whose bytes ``protect(_:)`` is to take. A database that
    /// exists keeps its reserved bytes until it is vacuumed.
    package func prepare(_ connection: OpaquePointer?) -> Int32 {
        var reserved = Int32(form.reservedBytes)
        let code = sqlite3_file_control(connection, "main", SQLITE_FCNTL_RESERVE_BYTES, &reserved)
        guard code == SQLITE_OK else { return code }
        return sqlite3_exec(connection, "PRAGMA temp_store = MEMORY", nil, nil, nil)
    }

    /// What a file begins with before SQLite writes the first page to it.
    package var emptyFile: [UInt8] { if case .sealed(let key) = form { key.header.page } else { [] } }

    /// The bytes of a file: those of a database (as `sqlite3_serialize` gives them), in the form of the disk.
    ///
    /// The file is in WAL mode from the start. The database must have pages of 4096 bytes and ``reservedBytes`` of them
    /// reserved: see ``prepare(_:)``.
    package func protect(_ image: [UInt8]) -> [UInt8] {
        precondition(
            image.count >= PageForm.pageSize && image.count % PageForm.pageSize == 0, "an image has whole pages")
        precondition(Int(image[20]) == form.reservedBytes, "an image has room for trailers")
        // Read and write version: 2 stands for WAL ("Database File Format", section 1.3.3).
        var first = Array(image[..<PageForm.pageSize])
        first[18] = 2
        first[19] = 2
        let header = emptyFile
        let size = header.count + image.count
        return [UInt8](unsafeUninitializedCapacity: size) { target, count in
            _ = target.initialize(fromContentsOf: header)
            close(first[...], to: UnsafeMutableRawBufferPointer(target), at: header.count, from: 1)
            let next = header.count + first.count
            close(image[first.count...], to: UnsafeMutableRawBufferPointer(target), at: next, from: 2)
            count = size
        }
    }

    /// Writes the form on the disk of pages, which begin with a number, to a place.
    private func close(
        _ pages: ArraySlice<UInt8>, to target: UnsafeMutableRawBufferPointer, at offset: Int, from number: UInt32
    ) {
        pages.withUnsafeBytes { pages in
            guard let source = pages.baseAddress, let target = target.baseAddress else { return }
            for index in 0..<pages.count / PageForm.pageSize {
                let start = index * PageForm.pageSize
                form.close(source + start, to: target + offset + start, number: number + UInt32(index))
            }
        }
    }
}
