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

    /// A door to a server that the test plays.
    private func door(_ bench: Bench, to target: TestListener) async throws -> (Served, TestAddress) {
        guard case .tcp(_, let port) = target.address else { throw TestFailure("there is no port") }
        try await bench.done(
            "mktap", "portforward", "--listen", "tcp:0:interface=127.0.0.1", "--to", "tcp:127.0.0.1:\(port)")
        let door = try await bench.serve("-f", "portforward.tap")
        return (door, .tcp(host: "127.0.0.1", port: UInt16(door.port)))
    }

    @Test func connectionsStayWithTheOldProgramWhenANewOneTakesOver() async throws {
        let (bench, target) = (try Bench(), try TestListener())
        let (door, address) = try await door(bench, to: target)
        let old = (client: try TestConnection(to: address), server: try await target.accept())
        try await old.client.send("before")
        #expect(try await old.server.receive(count: 6) == Array("before".utf8))
        try await bench.done("tapctl", "upgrade", "portforward.tap")
        // It has as long as a stop may take.
        try await old.client.send("after")
        #expect(try await old.server.receive(count: 5) == Array("after".utf8))
        let new = (client: try TestConnection(to: address), server: try await target.accept())
        try await old.server.send("the end")
        try await old.server.finishSending()
        try await old.client.finishSending()
        #expect(try await old.client.receiveAll() == Array("the end".utf8))
        try await new.client.send("still here")
        #expect(try await new.server.receive(count: 10) == Array("still here".utf8))
        try await new.server.finishSending()
        try await new.client.finishSending()
        #expect(try await new.client.receiveAll() == [])
        try await bench.done("tapctl", "stop", "portforward.tap")
        #expect(try await door.program.end().status == 0)
    }

    @Test func countersGoBackWithARollback() async throws {
        let (bench, target) = (try Bench(), try TestListener())
        let (door, address) = try await door(bench, to: target)
        func pass(_ text: String) async throws {
            let (client, server) = (try TestConnection(to: address), try await target.accept())
            try await client.send(text)
            try await client.finishSending()
            #expect(try await server.receiveAll() == Array(text.utf8))
            try await server.finishSending()
            #expect(try await client.receiveAll() == [])
        }
        func counted(_ key: String) async throws -> Int64? {
            try await bench.json("tapctl", "show", "portforward.tap", "portforward.state.counters")[key]?.integer
        }
        try await pass("one")
        // What has passed is told a moment after the client has seen the end.
        while try await counted("sent") != 3 { await Task.yield() }
        try await bench.done("tapctl", "snapshot", "portforward.tap", "one")
        try await pass("three")
        #expect(try await door.stop().status == 0)
        #expect(try await counted("connections") == 2)
        #expect(try await counted("sent") == 8)
        try await bench.done("tapctl", "rollback", "portforward.tap", "one", "--state")
        #expect(try await counted("connections") == 1)
        #expect(try await counted("sent") == 3)
    }

    @Test func withoutFilesClientsWaitAndAllAreServedInTheEnd() async throws {
        let (bench, target) = (try Bench(), try TestListener())
        let (door, address) = try await door(bench, to: target)
        let files = try await Program.run("ls", ["/proc/\(door.program.process)/fd"], in: "/").output
        // Room for four connections, each of which takes two; a quarter is kept back for everything else.
        let limit = (files.split(separator: "\n").count + 8) * 4 / 3
        let outcome = try await Program.run(
            "prlimit", ["--pid", "\(door.program.process)", "--nofile=\(limit):"], in: "/")
        try #require(outcome.status == 0, "\(outcome.errors)")
        var clients = try (0..<20).map { _ in try TestConnection(to: address) }
        _ = try await door.program.line(containing: "no connection can be accepted for now")
        async let served: Void = {
            for _ in 0..<20 {
                let server = try await target.accept()
                try await server.send("served")
                try await server.finishSending()
            }
        }()
        while !clients.isEmpty {
            let client = clients.removeFirst()
            #expect(try await client.receiveAll() == Array("served".utf8))
        }
        try await served
        #expect(try await door.stop().status == 0)
        let counters = try await bench.json("tapctl", "show", "portforward.tap", "portforward.state.counters")
        #expect(counters["connections"]?.integer == 20)
        #expect(counters["received"]?.integer == 120)
    }
}
