import Glibc
import TapData
import TapTesting

/// An application in the background, which is nobody's child.
///
/// It is killed when this goes away.
final class Background: Sendable {
    let process: Int32

    /// The application that a process of a known number runs.
    init(process: Int32) { self.process = process }

    /// The application whose number is in a pid file of a bench.
    convenience init(_ bench: Bench, _ pidFile: String) throws {
        guard let number = Int32(bench.text(pidFile).dropLast()) else {
            throw TestFailure("\(pidFile) has no number: \(bench.text(pidFile))")
        }
        self.init(process: number)
    }

    // 0 would be everybody here.
    deinit { if process > 0 { kill(process, SIGKILL) } }

    /// Stops it and waits until it has ended.
    func stop(_ signal: CInt = SIGTERM) {
        kill(process, signal)
        waitForEnd(of: process)
    }
}

/// Waits until a process that is nobody's child here is gone, or waits for its parent only.
func waitForEnd(of process: Int32) {
    wait { !isAlive(process) }
}

/// Whether a process has not ended.
func isAlive(_ process: Int32) -> Bool {
    let status = text(of: "/proc/\(process)/stat")
    return !status.isEmpty && !status.contains(") Z ")
}

/// Waits until something is so; the limit is that of the suite.
func wait(until isSo: () -> Bool) { while !isSo() { sched_yield() } }

/// What is in a file; nothing when it is not there.
func text(of path: String) -> String {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return "" }
    defer { close(file) }
    var content: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65536)
    while case let count = read(file, &buffer, buffer.count), count > 0 { content += buffer[..<count] }
    return String(decoding: content, as: UTF8.self)
}

extension Bench {
    /// What is in a file of the folder.
    func text(_ name: String) -> String { EndToEnd.text(of: folder[name]) }

    /// Whether there is something under a name, be it a link to nowhere.
    func has(_ name: String) -> Bool {
        var entry = stat()
        return lstat(folder[name], &entry) == 0
    }

    /// Runs lines of shell in the folder, with the programs in its path.
    func shell(_ script: String) async throws -> Program.Outcome {
        let path = "\(Bench.programs):" + (getenv("PATH").map { String(cString: $0) } ?? "/usr/bin:/bin")
        return try await Program.run("sh", ["-c", script], in: folder.path, environment: ["PATH": path])
    }

    /// Starts tapd and does not wait for it.
    func start(_ arguments: String...) throws -> Program {
        try Program("\(Bench.programs)/tapd", arguments, in: folder.path)
    }

    /// Waits for a line in a file of the folder that is still written, and answers it.
    func line(in name: String, containing part: String) async throws -> String {
        try await Program("tail", ["-n", "+1", "-F", name], in: folder.path).line(containing: part)
    }

    /// The process that runs a tap, looked up by its control socket.
    func runner(of tap: String) async throws -> Background {
        Background(process: Int32(try await json("tapctl", "status", tap)["pid"]?.integer ?? 0))
    }

    /// The statuses of a tap's revisions, oldest first.
    func statuses(of tap: String) async throws -> [String] {
        try await json("tapctl", "history", tap).array?.compactMap { $0["status"]?.string } ?? []
    }
}
