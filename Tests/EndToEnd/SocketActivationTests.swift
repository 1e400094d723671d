import Glibc
import TapTesting
import Taproom
import Testing

/// Sockets that are handed over by systemd's own program for it.
@Suite(
    .serialized, .timeLimit(.minutes(5)),
    .enabled(
        if: access("/usr/bin/systemd-socket-activate", X_OK) == 0,
        "systemd-socket-activate is missing: tools/requirements test installs it"))
struct SocketActivationTests {
    private let bench: Bench

    init() throws {
        bench = try Bench()
        try bench.folder.write("hello\n", to: "index.html")
    }

    /// Starts tapd as soon as somebody connects.
    ///
    /// What both programs say is on standard output.
    private func activate(_ place: String, _ name: String, listen: String) async throws -> Program {
        try await activate(place, name, ["web", "--static", bench.folder.path, "--listen", listen])
    }

    private func activate(_ place: String, _ name: String, _ service: [String]) async throws -> Program {
        let words =
            [
                "systemd-socket-activate", "--listen", place, "--fdname=\(name)", "\(Bench.programs)/tapd",
            ] + service
        let program = try Program("sh", ["-c", "exec \"$@\" 2>&1", "sh"] + words, in: bench.folder.path)
        _ = try await program.line(containing: "Listening on")
        return program
    }

    /// A port that was free a moment ago: the program takes no port of 0.
    private func freePort() throws -> UInt16 {
        guard case .tcp(_, let port) = try ListeningSocket(.tcp(port: 0)).address else { return 0 }
        return port
    }

    private func fetch(from address: TestAddress) async throws -> String {
        let connection = try TestConnection(to: address)
        try await connection.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        let answer = String(decoding: try await connection.receiveAll(), as: UTF8.self)
        return String(answer.suffix("hello\n".count))
    }

    private func stop(_ program: Program) async throws -> Int32 {
        program.signal(SIGTERM)
        return try await program.end().status
    }

    @Test(arguments: [true, false])
    func theConnectionThatWaitedIsServed(isNamed: Bool) async throws {
        let port = try freePort()
        let endpoint = "tcp:\(port):interface=127.0.0.1"
        let program = try await activate("127.0.0.1:\(port)", "web", listen: isNamed ? "systemd:web" : endpoint)
        let address = TestAddress.tcp(host: "127.0.0.1", port: port)
        #expect(try await fetch(from: address) == "hello\n")
        #expect(try await program.line(containing: " serving ").contains(endpoint))
        #expect(try await fetch(from: address) == "hello\n")
        #expect(try await stop(program) == 0)
    }

    @Test(arguments: [true, false])
    func theFileOfASocketStaysWithWhoMadeIt(isNamed: Bool) async throws {
        let path = bench.folder["web.sock"]
        let program = try await activate(path, "web", listen: isNamed ? "systemd:web" : "unix:\(path)")
        #expect(try await fetch(from: .unix(path: path)) == "hello\n")
        #expect(try await program.line(containing: " serving ").contains("unix:\(path)"))
        #expect(try await stop(program) == 0)
        #expect(access(path, F_OK) == 0)
    }

    @Test(arguments: ["portforward", "socks"])
    func relaysAreActivatedToo(kind: String) async throws {
        let (path, target) = (bench.folder["\(kind).sock"], try TestListener())
        guard case .tcp(_, let port) = target.address else { throw TestFailure("there is no port") }
        let options =
            kind == "socks"
            ? ["--allow", "from=127.0.0.1"] : ["--to", "tcp:127.0.0.1:\(port)"]
        let program = try await activate(path, "door", [kind, "--listen", "systemd:door"] + options)
        for text in ["first", "other"] {
            let client = try TestConnection(to: .unix(path: path))
            if kind == "socks" {
                try await client.send([5, 1, 0, 5, 1, 0, 1, 127, 0, 0, 1, UInt8(port >> 8), UInt8(port & 255)])
                #expect(try await client.receive(count: 12)[3] == 0)
            }
            let server = try await target.accept()
            try await client.send(text)
            #expect(try await server.receive(count: 5) == Array(text.utf8))
            try await server.send("answer")
            #expect(try await client.receive(count: 6) == Array("answer".utf8))
        }
        #expect(try await stop(program) == 0)
        #expect(access(path, F_OK) == 0)
    }

    @Test func aSocketThatIsNotThereIsNamed() async throws {
        let path = bench.folder["other.sock"]
        let program = try await activate(path, "other", listen: "systemd:web")
        let connection = try TestConnection(to: .unix(path: path))
        let outcome = try await program.end()
        #expect(outcome.status == 78)
        #expect(
            outcome.output.contains(
                "tapd: service \"web\": the socket of systemd:web was not handed over; those that were: \"other\". Start it through a socket unit with FileDescriptorName=web.\n"
            ))
        withExtendedLifetime(connection) {}
    }

    @Test func withoutAnySocketNoneIsNamed() async throws {
        let outcome = try await bench.run("tapd", "web", "--listen", "systemd:web")
        #expect(outcome.status == 78)
        #expect(
            outcome.errors
                == "tapd: service \"web\": the socket of systemd:web was not handed over; none was. Start it through a socket unit with FileDescriptorName=web.\n"
        )
    }

    @Test func makesATapThatIsActivated() async throws {
        let line = try await bench.done("mktap", "web", "--static", ".", "--listen", "systemd:web")
        #expect(line == "web.tap: web on systemd:web. Run it with: tapd -f web.tap\n")
    }
}
