import Glibc
import TapTesting

/// A page of the documentation.
enum DocumentationPage {
    /// The text of a file.
    ///
    /// Throws ``TestFailure`` when it is not there.
    static func text(_ path: String) throws -> String {
        guard let file = fopen(path, "r") else { throw TestFailure("\(path) is not there") }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 1 << 20)
        let count = fread(&bytes, 1, bytes.count, file)
        return String(decoding: bytes[..<count], as: UTF8.self)
    }
}
