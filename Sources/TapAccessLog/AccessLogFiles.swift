package import Logging
import Synchronization
import TapLog
package import Taproom

/// The files of access logs that a service has open, whatever its settings are.
package final class AccessLogFiles: Sendable {
    private struct Key: Hashable {
        let path: LocalPath
        let size: ByteCount
        let keep: Int
    }

    /// A file that is open as long as any settings name it, or requests are under way that began when they did.
    private struct Known {
        weak var file: AccessLogFile?
    }

    private let logger: Logger
    private let files = Mutex<[Key: Known]>([:])

    /// No files; what can't be written is told to the logger.
    package init(_ logger: Logger) { self.logger = logger }

    /// A file, which goes on being used when it is open already.
    ///
    /// - Parameters:
    ///   - path: where it is.
    ///   - size: when it is put aside; 0: never.
    ///   - keep: how many files are kept besides the one that is written.
    /// - Throws: ``AccessLogError``.
    /// - Returns: the file.
    package func file(_ path: LocalPath, size: ByteCount, keep: Int) throws(AccessLogError) -> AccessLogFile {
        let key = Key(path: path, size: size, keep: keep)
        if let file = files.withLock({ $0[key]?.file }) { return file }
        let file = try AccessLogFile(path.text, LogRotation(size: size, keep: keep), logger)
        OwnLogs.process.add(file)
        files.withLock { files in
            files = files.filter { $0.value.file != nil }
            files[key] = Known(file: file)
        }
        return file
    }

    /// Waits until all that was handed over is written.
    package func end() async {
        for file in files.withLock({ $0.values.compactMap(\.file) }) { await file.end() }
    }
}
