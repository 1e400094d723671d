import Glibc

/// The library that watches programs, built where it is needed.
package enum SharedLibrary {
    /// Compiles a C file into a shared library.
    ///
    /// Throws ``TortureError`` when there is no compiler, or it refuses.
    package static func build(_ source: String, as library: String) throws {
        let command = "$(command -v cc || command -v clang) -shared -fPIC -O2 -o '\(library)' '\(source)'"
        let outcome = try ChildProgram(["/bin/sh", "-c", command]).end()
        guard outcome.status == 0 else { throw TortureError("\(source) can't be compiled: status \(outcome.status)") }
    }
}
