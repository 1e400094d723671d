import Glibc
import TapConfig
import TapData
import TapFile
import Taproom

extension DescriptionFile {
    /// Has the file say what an application is, with all else in it as it is.
    ///
    /// Answers whether it said something else. The file is replaced as a whole or not at all, and keeps its owner and mode.
    ///
    /// Throws `DescriptionError`, `DescriptionEditError` and `TapFileError`; the file is then as it was.
    func take(_ description: Datum, kinds: KindList) throws -> Bool {
        guard path != "-" else { throw UsageError(problem: "--into takes a file, not standard input") }
        guard passphrase == nil else { throw SealedDescription(path: path) }
        let wanted = try DescriptionReader.application(description, folder: nil, former: nil, kinds: kinds)
            .application
        let edited = try DescriptionEditor.edit(
            texts.own, extending: texts.extended, file: path, folder: folder, to: wanted, kinds: kinds)
        guard edited != texts.own else { return false }
        // A link stays one: the file behind it is replaced.
        let place = realpath(path, nil).map { real in
            defer { free(real) }
            return String(cString: real)
        }
        var status = stat()
        let mode = stat(path, &status) == 0 ? status.st_mode & 0o7777 : 0o644
        try WholeFile.write(
            Array(edited.utf8), to: place ?? path, mode: mode, replacing: true, likeOwnerOf: place ?? path)
        return true
    }
}

/// A description that can't be edited because it is encrypted.
private struct SealedDescription: ReportableError {
    var path: String
    var description: String { "\(path): is encrypted, and can't be edited in place" }
    var advice: String? { "tapctl export prints a new one." }
    var exitStatus: ExitStatus { .usage }
}
