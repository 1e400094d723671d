import Glibc
import TapTesting
import Testing

/// State leaves a tap as text, and another tap begins with it.
@Suite(.serialized, .timeLimit(.minutes(5)))
struct StateExportTests {
    private let bench: Bench

    init() async throws {
        bench = try Bench(program: "fibonacci")
        try await bench.done("mktap", "fibonacci", "--listen", "tcp:0:interface=127.0.0.1")
    }

    private func number(_ served: Served) async throws -> String {
        let connection = try TestConnection(to: .tcp(host: "127.0.0.1", port: UInt16(served.port)))
        return String(decoding: try await connection.receiveAll().dropLast(), as: UTF8.self)
    }

    /// Runs the tap until five numbers are given.
    private func giveFive() async throws {
        let served = try await bench.serve("-f", "fibonacci.tap")
        for _ in 0..<5 { _ = try await number(served) }
        _ = try await served.stop()
    }

    private let five = """
        {"taproom-state":1}
        {"service":"fibonacci","cell":"sequence","version":1,"value":{"first":"5","second":"8"}}
        {"taproom-state":"end"}

        """

    @Test func anApplicationGoesOnInAnotherTap() async throws {
        var served = try await bench.serve("-f", "fibonacci.tap")
        for _ in 0..<5 { _ = try await number(served) }
        let running = try await bench.done("tapctl", "export", "fibonacci.tap", "--state")
        #expect(running == five)
        let report = try await bench.done("tapctl", "export", "fibonacci.tap", "--state", "running.state")
        #expect(report == "running.state: the state of fibonacci.tap, 1 value\n")
        _ = try await served.stop()
        let resting = try await bench.json("tapctl", "export", "--state", "resting.state")
        #expect(resting["values"]?.integer == 1)
        let comparison = try await Program.run("cmp", ["running.state", "resting.state"], in: bench.folder.path)
        #expect(comparison.status == 0)
        let description = try await bench.done("tapctl", "export", "fibonacci.tap")
        try bench.folder.write(description, to: "elsewhere/site.yaml")
        let made = try await bench.done(
            "mktap", "--from", "elsewhere/site.yaml", "--state", "resting.state", "-o", "elsewhere/copy.tap")
        #expect(made.hasPrefix("elsewhere/copy.tap: fibonacci on "))
        #expect(
            try await bench.done("tapctl", "verify", "elsewhere/copy.tap") == "elsewhere/copy.tap: no problems found\n")
        #expect(try await bench.done("tapctl", "export", "elsewhere/copy.tap", "--state", "-") == five)
        served = try await bench.serve("-f", "elsewhere/copy.tap")
        #expect(try await number(served) == "5")
        #expect(try await number(served) == "8")
        // The state it was made with is a point of its history.
        try await bench.done("tapctl", "rollback", "elsewhere/copy.tap", "1")
        #expect(try await number(served) == "5")
        _ = try await served.stop()
        #expect(try await bench.run("tapctl", "export", "fibonacci.tap", "--state", "resting.state").status == 73)
        try await bench.done("tapctl", "export", "fibonacci.tap", "--state", "resting.state", "--force")
    }

    @Test func theTapOfADescriptionBeginsWithStateOnce() async throws {
        try bench.folder.write(try await bench.done("tapctl", "export", "fibonacci.tap"), to: "site.yaml")
        try bench.folder.write(five, to: "five.state")
        var served = try await bench.serve("-y", "site.yaml", "--tap", "site.tap", "--state", "five.state")
        #expect(try await number(served) == "5")
        _ = try await served.stop()
        served = try await bench.serve("-y", "site.yaml", "--tap", "site.tap", "--state", "five.state")
        #expect(try await number(served) == "8")
        _ = try await served.stop()
        #expect(try await bench.run("tapd", "-f", "site.tap", "--state", "five.state").status == 64)
        #expect(
            try await bench.run("tapd", "-y", "site.yaml", "--tap", "other.tap", "--state", "none.state").status == 66)
        #expect(access(bench.folder["other.tap"], F_OK) != 0)
    }

    @Test func wrongStateIsRefusedAndLeavesNothing() async throws {
        try bench.folder.write(five.replacing("sequence", with: "sequnce"), to: "wrong.state")
        let wrong = try await bench.run("mktap", "--state", "wrong.state", "-o", "copy.tap", "fibonacci")
        #expect(wrong.status == 65)
        #expect(
            wrong.errors == """
                mktap: wrong.state:2: the kind "fibonacci" of the service "fibonacci" has no cell or table "sequnce". \
                Did you mean "sequence"? Use a program that knows it, or leave the line out.

                """)
        let missing = try await bench.run("mktap", "--state", "none.state", "-o", "copy.tap", "fibonacci")
        #expect(missing.status == 66)
        #expect(missing.errors == "mktap: none.state: there is no such state text.\n")
        let tap = try await bench.run("mktap", "--state", "fibonacci.tap", "-o", "copy.tap", "fibonacci")
        #expect(tap.status == 65)
        #expect(tap.errors.contains("is not a state text"))
        #expect(access(bench.folder["copy.tap"], F_OK) != 0)
        for words in [
            ["mktap", "--state", "-", "--from", "-"], ["mktap", "--state", "wrong.state", "-t", "yaml", "fibonacci"],
            ["mktap", "--append", "fibonacci.tap", "--state", "wrong.state", "fibonacci"],
            ["tapctl", "export", "--state", "--at", "1"], ["tapctl", "export", "--state", "--into", "site.yaml"],
            ["tapctl", "export", "--force"], ["tapctl", "export", "--state", "--force"],
            ["tapctl", "export", "--state", "--control", "no.sock"],
        ] {
            #expect(try await bench.run(words[0], Array(words.dropFirst())).status == 64, "\(words)")
        }
    }

    @Test func theStateOfAnEncryptedTapIsWrittenInTheClearOnlyWhenAskedFor() async throws {
        try await giveFive()
        try bench.folder.write("correct horse\n", to: "pass")
        try await bench.done("tapctl", "export", "fibonacci.tap", "--state", "plain.state")
        try await bench.done(
            "mktap", "-e", "--passphrase-file", "pass", "--state", "plain.state", "-o", "sealed.tap", "fibonacci",
            "--listen", "tcp:0:interface=127.0.0.1")
        let refused = try await bench.run("tapctl", "export", "sealed.tap", "--state", "--passphrase-file", "pass")
        #expect(refused.status == 64)
        #expect(refused.output == "")
        #expect(try await bench.run("tapctl", "export", "sealed.tap", "--state", "--plain").status == 77)
        let words = ["export", "sealed.tap", "--state", "--plain", "--passphrase-file", "pass"]
        #expect(try await bench.run("tapctl", words).output == five)
        let served = try await bench.serve("-f", "sealed.tap", "--passphrase-file", "pass")
        #expect(try await bench.run("tapctl", words).output == five)
        #expect(try await number(served) == "5")
        _ = try await served.stop()
    }

    @Test func outputThatTakesNoMoreIsAnError() async throws {
        let script = "\"$0\" tapctl export fibonacci.tap --state > /dev/full"
        let outcome = try await Program.run(
            "sh", ["-c", script, "\(Bench.programs)/fibonacci"], in: bench.folder.path)
        #expect(outcome.status == 74)
        #expect(outcome.errors.hasPrefix("tapctl: standard output cannot be written: no space left on device."))
    }
}
