import Glibc
import TapTesting
import Taproom
import Testing

/// The kind portforward as its users run it, with curl and ncat.
@Suite(.timeLimit(.minutes(3)))
struct PortforwardTests {
    private static let samples = String(#filePath.dropLast("Tests/EndToEnd/PortforwardTests.swift".count)) + "samples"

    private func site(_ bench: Bench) async throws -> Served {
        try bench.folder.write("from behind", to: "behind/answer.txt")
        try await bench.done("mktap", "web", "--static", "behind", "--port", "0", "-o", "behind.tap")
        return try await bench.serve("-f", "behind.tap")
    }

    @Test func forwardsAsTheOriginalDid() async throws {
        let bench = try Bench()
        let behind = try await site(bench)
        try await bench.done(
            "mktap", "portforward", "--port", "0", "--host", "localhost", "--dest_port", "\(behind.port)")
        let door = try await bench.serve("-f", "portforward.tap")
        for _ in 0..<3 { #expect(try await door.curl("/answer.txt") == "from behind\n200") }
        // Everything but where it listens changes while it runs.
        try await bench.done("tapctl", "set", "portforward.tap", "portforward.to=tcp:127.0.0.1:\(behind.port)")
        #expect(try await door.curl("/answer.txt") == "from behind\n200")
        #expect(try await door.stop().status == 0)
        let shown = try await bench.json("tapctl", "show", "portforward.tap")
        #expect(shown["portforward", "state", "counters", "connections"]?.integer == 4)
    }

    @Test func theSampleForwards() async throws {
        let bench = try Bench()
        let behind = try await site(bench)
        let text = try String(
            decoding: SmallFile.read(Self.samples + "/portforward.yaml", atMost: 100_000).bytes, as: UTF8.self)
        try bench.folder.write(
            text.replacing("tcp:6666", with: "tcp:0").replacing("tls:6667", with: "tls:0:interface=127.0.0.1")
                .replacing("localhost:6665", with: "localhost:\(behind.port)")
                .replacing("udp:5353", with: "udp:0"),
            to: "door.yaml")
        let door = try await bench.serve("-y", "door.yaml")
        #expect(try await door.curl("/answer.txt") == "from behind\n200")
        #expect(try await door.stop().status == 0)
    }

    @Test func unixSocketsAreDoorsToo() async throws {
        let bench = try Bench()
        let behind = try await site(bench)
        let path = bench.folder["door.sock"]
        try await bench.done(
            "mktap", "portforward", "--listen", "unix:\(path)", "--listen", "tcp:0", "--to",
            "tcp:127.0.0.1:\(behind.port)")
        let door = try await bench.serve("-f", "portforward.tap")
        let answer = try await Program.run(
            "sh", ["-c", "printf 'GET /answer.txt HTTP/1.0\\r\\n\\r\\n' | ncat -U \"$0\"", path], in: "/")
        #expect(answer.output.hasSuffix("from behind"), "\(answer)")
        #expect(try await door.stop().status == 0)
    }
}
