import Glibc
import TapData
import TapTesting
import Testing

/// Upgrades in the middle of which a program is killed: what was acknowledged is there afterwards, and a start works.
@Suite(.serialized, .timeLimit(.minutes(5)))
struct KilledUpgradeTests {
    enum Victim: CaseIterable { case old, new, both }

    private let counter: InstalledCounter

    init() async throws { counter = try await InstalledCounter() }

    /// The processes that a process has started.
    private func children(of parent: Int32) -> [Int32] {
        guard let folder = opendir("/proc") else { return [] }
        defer { closedir(folder) }
        var children: [Int32] = []
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            // The fourth field of proc_pid_stat(5), behind the name in brackets and the state.
            guard let process = Int32(name),
                let fields = text(of: "/proc/\(name)/stat").split(separator: ")").last?.split(separator: " "),
                fields.count > 1, Int32(fields[1]) == parent
            else { continue }
            children.append(process)
        }
        return children
    }

    /// What is said of the application, by whoever has it: a program that finds itself alone ends, and answers nobody.
    private func status() async throws -> Datum {
        while true {
            if let status = try? await counter.json("status") { return status }
            try Task.checkCancellation()
        }
    }

    /// Everything that a server gives to some clients until it is gone, or they are told to stop.
    private func numbers(of served: Served, _ body: @Sendable @escaping () async throws -> Void) async throws
        -> [String]
    {
        try await withThrowingTaskGroup(of: [String].self) { group in
            for _ in 0..<3 {
                group.addTask {
                    var given: [String] = []
                    // Where nobody listens all programs are gone.
                    while !Task.isCancelled, let client = try? served.connect() {
                        let bytes = try await client.receiveAll()
                        // What was cut off was promised to nobody.
                        let answer = String(decoding: bytes, as: UTF8.self)
                        if answer.hasSuffix("\n") {
                            given += answer.split { " \n".contains($0) }.suffix(1).map(String.init)
                        }
                    }
                    return given
                }
            }
            try await body()
            group.cancelAll()
            return try await group.reduce(into: []) { $0 += $1 }
        }
    }

    @Test(arguments: Victim.allCases, [" upgrading ", " migrated ", " description merged ", " handed over "])
    func nothingThatWasAcknowledgedIsLost(victim: Victim, moment: String) async throws {
        let served = try await counter.serve()
        let (counter, old) = (counter, served.program.process)
        try await counter.install("2")
        try counter.describe("prefix: two")
        let before = try await numbers(of: served) {
            async let asked = counter.tapctl("upgrade")
            _ = try await served.program.line(containing: moment)
            // It may not be there yet, or have the old one for its parent no more.
            let new = victim == .old ? [] : children(of: old)
            for process in new + (victim == .new ? [] : [old]) { kill(process, SIGKILL) }
            _ = try await asked
            wait { (new + (victim == .new ? [] : [old])).allSatisfy { !isAlive($0) } }
        }
        // Somebody may serve now. Whoever does has all of it, and so has who comes next.
        let running = try await status()["pid"]?.integer.map { Background(process: Int32($0)) }
        if running != nil { _ = try await counter.tapctl("stop") }
        let again = try await counter.serve()
        let after = try await [again.ask(), again.ask()].map { String($0.split(separator: " ").last ?? "") }
        #expect(Set(before + after).count == before.count + after.count)
        #expect((before.compactMap { Int($0) }.max() ?? 0) < (Int(after[0]) ?? 0))
        #expect(try await counter.history().allSatisfy { !$0.contains(" pending ") })
        #expect(try await counter.tapctl("stop").status == 0)
        #expect(try await again.program.end().status == 0)
        #expect(try await counter.tapctl("verify").output == "\(counter.tap): no problems found\n")
        #expect(!counter.bench.has("var/site.sock"))
    }
}
