import Glibc
import TapData
import TapTesting
import Taproom

@testable import TapForeign

/// A manifest of a kind "sample", with more lines behind those that each has.
func manifest(_ lines: String, in folder: TemporaryFolder, as name: String = "sample") throws -> Manifest {
    try folder.writeProgram()
    let text = head(name) + lines
    return try ManifestReader.read(text, path: folder["\(name).yaml"])
}

/// The lines that each manifest has.
func head(_ word: String) -> String {
    "taproom-kind: 1\nword: \(word)\nsummary: Does something.\nprogram: program\n"
}

extension TemporaryFolder {
    /// A program that can be executed.
    func writeProgram(_ text: String = "#!/bin/sh\n") throws {
        try write(text, to: "program")
        guard chmod(self["program"], 0o755) == 0 else { throw SystemCallError("make it executable") }
    }
}

extension TemporaryFolder {
    /// Lets everybody write a file.
    func permitAll(_ name: String) throws {
        guard chmod(self[name], 0o666) == 0 else { throw SystemCallError("let everybody write") }
    }
}

/// JSON as data.
func json(_ text: String) throws -> Datum { try JSONReader.read(text).datum }
