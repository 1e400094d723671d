import Glibc
import TapData
import TapTesting

/// Changes that take themselves back, by real servers that are killed at any moment.
package struct Confirmations: Sendable {
    /// How long a change waits to be confirmed.
    private static let limit = Duration.milliseconds(300)
    private let programs: String
    private let seed: UInt64
    private let jobs: Int
    private let patience: Duration

    /// Changes of servers.
    ///
    /// - Parameters:
    ///   - programs: the folder of `tapd`, `mktap` and `tapctl`.
    ///   - seed: what the moments follow from.
    ///   - jobs: how many servers there are side by side.
    ///   - patience: how much later than its deadline, or than the server is back, a change may be taken back.
    package init(programs: String, seed: UInt64, jobs: Int, patience: Duration = .seconds(1)) {
        (self.programs, self.seed, self.jobs, self.patience) = (programs, seed, jobs, patience)
    }

    /// Makes so many changes, each of a tap of its own; every fourth is confirmed.
    ///
    /// Returns how many were taken back and kept, and what was wrong.
    package func run(count: Int) throws -> Findings {
        try Parallel.run(count, jobs: jobs) { index in
            var random = SeededGenerator(seed: seed &+ UInt64(index))
            let folder = try Files.folder()
            var findings = Findings()
            findings.count("changes")
            do {
                try run(index, in: folder, &random, &findings)
            } catch {
                findings.lose("confirmation \(index): \(error)")
            }
            return findings
        }
    }

    private func run(
        _ index: Int, in folder: TemporaryFolder, _ random: inout SeededGenerator, _ findings: inout Findings
    ) throws {
        let tap = folder["a.tap"]
        let made = try ChildProgram([
            programs + "/mktap", "--output", tap, "web", "--index", "old.html", "--listen",
            "unix:" + folder["web.sock"],
        ]).end()
        guard made.status == 0 else { throw TortureError("mktap ended with status \(made.status): \(made.output)") }
        let server = try start(tap)
        let isConfirmed = index % 4 == 3
        let change: Datum = .object([
            "edits": .array([.object(["set": .string("web.index"), "value": .string("new.html")])]),
            "confirm": .string("300ms"),
        ])
        let socket = folder["a.sock"]
        let answer = try ControlClient(socket).ask("POST", "apply", change)
        let deadline = ContinuousClock.now + Confirmations.limit
        guard answer.status == 200 else { throw TortureError("the change was answered with \(answer.status)") }
        if isConfirmed {
            let confirmed = try ControlClient(socket).ask("POST", "confirm")
            guard confirmed.status == 200 else { throw TortureError("confirm was answered with \(confirmed.status)") }
        }
        usleep(UInt32(random.next(below: 400_000)))
        server.kill()
        usleep(UInt32(random.next(below: 200_000)))
        let again = try start(tap)
        defer { again.kill() }
        let limit = max(deadline, .now) + patience
        var page = try page(socket)
        // One that is confirmed is looked at when it would have been taken back.
        while isConfirmed ? ContinuousClock.now < deadline + .milliseconds(100) : page != "old.html" {
            guard ContinuousClock.now < limit else { break }
            page = try self.page(socket)
        }
        findings.count(isConfirmed ? "kept" : "taken back")
        let wanted = isConfirmed ? "new.html" : "old.html"
        if page != wanted { throw TortureError("it says \(page) and not \(wanted)") }
    }

    private func start(_ tap: String) throws -> ChildProgram {
        let server = try ChildProgram([programs + "/tapd", "-f", tap])
        var text: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while !String(decoding: text, as: UTF8.self).contains(" serving ") {
            let count = read(server.output, &buffer, buffer.count)
            guard count > 0 else { throw TortureError("tapd does not start: \(String(decoding: text, as: UTF8.self))") }
            text += buffer[..<count]
        }
        return server
    }

    private func page(_ socket: String) throws -> String {
        try ControlClient(socket).ask("GET", "contents?path=web.index").body.string ?? ""
    }
}
