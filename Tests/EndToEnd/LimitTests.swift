import Glibc
import TapTesting
import Testing

/// What happens when there are more clients than the process can have.
@Suite(.timeLimit(.minutes(5)))
struct LimitTests {
    private let bench: Bench

    init() async throws {
        bench = try Bench()
    }

    /// Asks on a connection, which the server closes behind its answer.
    private func ask(_ connection: TestConnection) async throws {
        try await connection.send("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    }

    private func openFiles(_ program: Program) async throws -> Int {
        try await Program.run("ls", ["/proc/\(program.process)/fd"], in: "/").output.split(separator: "\n").count
    }

    /// Processor time of a process, in hundredths of a second: fields 14 and 15 of proc_pid_stat(5).
    private func ticks(_ program: Program) async throws -> Int {
        let text = try await Program.run("cat", ["/proc/\(program.process)/stat"], in: "/").output
        let fields = text.split(separator: ")").last?.split(separator: " ").map { Int($0) ?? 0 } ?? []
        try #require(fields.count > 12)
        return fields[11] + fields[12]
    }

    @Test func aServerWithoutFilesWaitsQuietlyAndServesEverybodyInTheEnd() async throws {
        // Without a folder there is a page that needs no file, so that all files are connections.
        let served = try await bench.serve("web", "--listen", "tcp:0:interface=127.0.0.1")
        let address = TestAddress.tcp(host: "127.0.0.1", port: UInt16(served.port))
        // One request, so that everything is open that has to be.
        #expect(try await served.curl("/").hasSuffix("\n200"))
        // Three connections can be: a quarter is kept back for everything else.
        let limit = try await (openFiles(served.program) + 3) * 4 / 3
        let outcome = try await Program.run(
            "prlimit", ["--pid", "\(served.program.process)", "--nofile=\(limit):"], in: "/")
        try #require(outcome.status == 0, "\(outcome.errors)")
        var clients = try (0..<20).map { _ in try TestConnection(to: address) }
        _ = try await served.program.line(containing: "no connection can be accepted for now")
        let before = try await ticks(served.program)
        // Nobody comes in as long as nobody leaves: this one has a second to be answered.
        let late = try #require(clients.last)
        try await ask(late)
        #expect(try await !late.hasMore(within: .seconds(1)))
        // A loop that tries all the time takes the whole second, or a good part of it on a busy machine.
        #expect(try await ticks(served.program) - before < 15)
        while !clients.isEmpty {
            let client = clients.removeFirst()
            if client !== late { try await ask(client) }
            #expect(try await String(decoding: client.receiveAll(), as: UTF8.self).hasPrefix("HTTP/1.1 200 OK\r\n"))
        }
        let end = try await served.stop()
        #expect(end.status == 0)
        #expect(end.output.split(separator: "\n").filter { $0.contains("no connection can be accepted") }.count == 1)
    }
}
