import Glibc
@testable import TapPackaging

/// Whether a program is on this machine.
func isInstalled(_ program: String) -> Bool {
    (try? run("sh", "-c", "command -v \(program)").status) == 0
}

/// An rpm in a folder of its own.
struct WrittenRPM {
    let folder: String
    let written: PackageWriter.Result

    /// What `rpm -qp` says, with more options.
    func query(_ options: String...) throws -> String {
        let answer = try run("env", "LC_ALL=C", "TZ=UTC", "rpm", "-qp", written.path, more: options)
        return answer.output
    }

    /// The lines of a query.
    func lines(_ options: String...) throws -> [String] {
        let answer = try run("env", "LC_ALL=C", "TZ=UTC", "rpm", "-qp", written.path, more: options)
        return answer.output.split(separator: "\n").map(String.init)
    }
}

/// Writes an rpm, and lets a body look at it.
func withRPM(_ request: PackageRequest, _ body: (WrittenRPM) throws -> Void) throws {
    try withTemporaryFolder { folder in
        let written = try PackageWriter(folder: folder + "/packages").write(RPMPackage(request))
        try body(WrittenRPM(folder: folder, written: written))
    }
}
