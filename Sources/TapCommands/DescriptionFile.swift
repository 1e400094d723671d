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
    /// What it says, and what the description says that it extends.
    let texts: DescriptionTexts
    /// Both as one text.
    var text: String { texts.joined }
    /// What it was encrypted with; nil: it was not.
    let passphrase: String?

    /// Reads the text, and opens it when it is encrypted; reads the description that it extends, too.
    ///
    /// `place` is where the file is when the path, by which it is called, can't be used any more. `mayOpen` is called before
    /// the passphrase is asked for, and throws when an encrypted one is not to be opened. Throws ``DescriptionFileError``,
    /// ``PassphraseError``, `SealError`, and `DescriptionError` for what is extended in a wrong way.
    init(
        _ path: String, at place: String? = nil, _ passphrase: PassphraseOptions, mayOpen: () throws -> Void = {}
    ) throws {
        (self.path, self.place) = (path, place ?? path)
        let text = try DescriptionFile.read(path, at: self.place)
        if SealedText.isPresent(in: text) {
            try mayOpen()
            self.passphrase = try passphrase.existing(path)
        } else {
            self.passphrase = nil
        }
        let own = try self.passphrase.map { try SealedText.open(text, passphrase: $0, name: path) } ?? text
        // What comes from somewhere else says all of it itself.
        guard path != "-", let other = try DescriptionTexts.extendedPath(in: own, file: path) else {
            texts = DescriptionTexts(own: own, extended: nil)
            return
        }
        let otherPlace = LocalPath(other, in: DescriptionFile.folder(of: self.place)).text
        let extended = try DescriptionFile.readExtended(otherPlace, by: path, own.utf8.count)
        texts = DescriptionTexts(own: own, extended: extended)
    }

    /// Reads a description that another one extends, `size` bytes long, which counts with it.
    private static func readExtended(_ place: String, by path: String, _ size: Int) throws -> String {
        do {
            let text = try read(place, at: place, atMost: maximumBytes - size)
            guard !SealedText.isPresent(in: text) else { throw SealedExtended(path: path, extended: place) }
            return text
        } catch var error as DescriptionFileError {
            error.extendedBy = path
            throw error
        }
    }

    private static func read(_ path: String, at place: String, atMost limit: Int = maximumBytes) throws -> String {
        let file = path == "-" ? STDIN_FILENO : open(place, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw DescriptionFileError(path: path, code: errno) }
        defer { if file != STDIN_FILENO { close(file) } }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65536)
        while case let count = Glibc.read(file, &buffer, buffer.count), count != 0 {
            guard count > 0 else { throw DescriptionFileError(path: path, code: errno) }
            bytes += buffer[..<count]
            guard bytes.count <= limit else { throw DescriptionFileError(path: path, code: EFBIG) }
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw DescriptionFileError(path: path, code: EILSEQ)
        }
        return text
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
        if let invocation { invocation.warn(reading.warnings) }
        return (reading.application, base(reading.text))
    }
}

/// A description that can't be read from its file.
struct DescriptionFileError: ReportableError {
    var path: String
    /// errno.
    var code: CInt
    /// The description that extends it.
    var extendedBy: String?

    var description: String {
        guard let extendedBy else { return problem }
        return "\(extendedBy): the description that it extends can't be had: \(problem)"
    }

    private var problem: String {
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

/// An encrypted description that another one extends.
private struct SealedExtended: ReportableError {
    var path: String
    var extended: String
    var description: String { "\(path): the description that it extends is encrypted: \(extended)" }
    var advice: String? { "Encrypt the one that extends it, and keep secrets there." }
    var exitStatus: ExitStatus { .badData }
}
