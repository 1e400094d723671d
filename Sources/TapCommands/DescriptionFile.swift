import Glibc
import TapConfig
import TapFile
import TapPages
import Taproom

/// A description in a file, or on standard input.
struct DescriptionFile {
    /// The largest description that is read, in bytes.
    private static let maximumBytes = 16 << 20

    /// What it is called: as it was typed.
    let path: String
    /// Where it is, when the working folder may be another by now.
    private let place: String
    let text: String
    /// What it was encrypted with; nil: it was not.
    let passphrase: String?

    /// Reads the text, and opens it when it is encrypted.
    ///
    /// `place` is where the file is when the path, by which it is called, can't be used any more. Throws
    /// ``DescriptionFileError``, ``PassphraseError`` and `SealError`.
    init(_ path: String, at place: String? = nil, _ passphrase: PassphraseOptions) throws {
        (self.path, self.place) = (path, place ?? path)
        let file = path == "-" ? STDIN_FILENO : open(self.place, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw DescriptionFileError(path: path, code: errno) }
        defer { if file != STDIN_FILENO { close(file) } }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65536)
        while case let count = read(file, &buffer, buffer.count), count != 0 {
            guard count > 0 else { throw DescriptionFileError(path: path, code: errno) }
            bytes += buffer[..<count]
            guard bytes.count <= DescriptionFile.maximumBytes else {
                throw DescriptionFileError(path: path, code: EFBIG)
            }
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw DescriptionFileError(path: path, code: EILSEQ)
        }
        self.passphrase = SealedText.isPresent(in: text) ? try passphrase.existing(path) : nil
        self.text = try self.passphrase.map { try SealedText.open(text, passphrase: $0, name: path) } ?? text
    }

    /// Where the file is, and the text.
    ///
    /// Not for a tap, where passwords are stored as hashes only: see ``understood(_:warning:)``.
    var base: BaseDescription { base(text) }

    private func base(_ text: String) -> BaseDescription {
        BaseDescription(
            name: path == "-" ? "standard-input" : LocalPath(place, in: LocalPath.workingFolder).text, text: text)
    }

    /// The folder that relative paths are taken from: that of the file.
    var folder: String { DescriptionFile.folder(of: path == "-" ? path : place) }

    /// The folder that relative paths in a description are taken from.
    static func folder(of path: String) -> String {
        let file = LocalPath(path == "-" ? "." : path, in: LocalPath.workingFolder).text
        return path == "-" ? file : String(file[..<(file.lastIndex(of: "/") ?? file.startIndex)])
    }

    private var name: String { path == "-" ? "standard-input" : path }

    /// The application described.
    ///
    /// Throws `DescriptionError`.
    func application(kinds: KindList) throws -> Application {
        try DescriptionReader.read(text, file: name, folder: folder, kinds: kinds)
    }

    /// The application described, and the text as a tap stores it.
    ///
    /// Warnings are printed, if there is anybody to print them for. Throws `DescriptionError`.
    func understood(_ kinds: KindList, warning invocation: Invocation?) throws -> (Application, BaseDescription) {
        let reading = try DescriptionReader.reading(text, file: name, folder: folder, kinds: kinds)
        if let invocation { Console.warn(reading.warnings, invocation) }
        return (reading.application, base(reading.text))
    }
}

/// A description that can't be read from its file.
struct DescriptionFileError: ReportableError {
    var path: String
    /// errno.
    var code: CInt

    var description: String {
        switch code {
        case ENOENT: "\(path): there is no such description"
        case EILSEQ: "\(path): is not text in UTF-8"
        case EFBIG: "\(path): is larger than a description can be (16 MiB)"
        case EISDIR: "\(path): is a folder, not a description"
        default: "\(path): cannot be read: \(SystemCallError("read", code: code).reason)"
        }
    }

    var exitStatus: ExitStatus {
        switch code {
        case ENOENT: .noInput
        case EACCES: .notPermitted
        case EILSEQ, EFBIG, EISDIR: .badData
        default: .inputOutput
        }
    }
}
