import Glibc

/// What people see while a long part runs.
package enum Progress {
    /// Writes a line to standard error.
    package static func note(_ text: String) {
        let bytes = Array((text + "\n").utf8)
        write(STDERR_FILENO, bytes, bytes.count)
    }
}
