import Glibc
import Logging
import Synchronization
import TapProcess
import TapTesting
import Taproom

/// A program of a test, with what it has written.
struct RunProgram: Sendable {
    let ending: ChildEnding
    let output: String
}

extension TemporaryFolder {
    /// Runs words in the shell in this folder, and waits for the end of the program and of its output.
    func run(_ words: String, change: (inout ChildProgram) -> Void = { _ in }) async throws -> RunProgram {
        var program = ChildProgram(
            path: Array("/bin/sh".utf8), arguments: ["sh", "-c", words].map { Array($0.utf8) },
            environment: ProgramEnvironment().lines)
        change(&program)
        let pipe = try Pipe()
        let files = ChildFiles(
            folder: ChildFiles.open(folder: Array(path.utf8)),
            [try ChildFiles.openNothing(), pipe.writing, try ChildFiles.openNothing()])
        let ending = await withCheckedContinuation { continuation in
            _ = ChildProcess.start(program, files) { continuation.resume(returning: $0) }
        }
        defer { close(pipe.reading) }
        var bytes = [UInt8](repeating: 0, count: 65_536)
        let count = read(pipe.reading, &bytes, bytes.count)
        return RunProgram(ending: ending, output: String(decoding: bytes[..<max(count, 0)], as: UTF8.self))
    }
}
