import TapTesting
import Testing

/// Descriptions in samples/ that no other suite runs, with clients that talk to what they describe.
@Suite(.timeLimit(.minutes(5)))
struct SampleDescriptionTests {
    private let bench: Bench

    init() throws { bench = try Bench() }

    /// Runs a sample on ports of this machine that are free.
    private func serve(_ name: String) async throws -> Served {
        let text = try await Program.run("cat", ["samples/\(name).yaml"], in: Document.root).output
        try bench.folder.write(
            text.replacing(/tcp:(1080|7979|7913)(:interface=127.0.0.1)?/, with: "tcp:0:interface=127.0.0.1"),
            to: "\(name).yaml")
        return try await bench.serve("-y", "\(name).yaml")
    }

    @Test func aProgramAndTheTimeAnswerEachConnection() async throws {
        let served = try await serve("inetd")
        var answers: [String] = []
        for port in served.ports {
            let client = try TestConnection(to: .tcp(host: "127.0.0.1", port: UInt16(port)))
            answers.append(String(decoding: try await client.receiveAll(), as: UTF8.self))
        }
        #expect(answers.count == 2)
        #expect(answers.first?.contains(#/^Hello from \d+\n.*load average/#) == true)
        #expect(answers.last?.contains(#/\d\d:\d\d:\d\d/#) == true)
        #expect(try await served.stop().status == 0)
    }

    @Test func theProxyLetsThroughHighPortsAndNothingOfTheNetwork() async throws {
        let proxy = try await serve("proxy")
        try bench.folder.write("hello\n", to: "www/index.html")
        try await bench.done("mktap", "web", "--static", "www", "--listen", "tcp:0:interface=127.0.0.1")
        let site = try await bench.serve("-f", "web.tap")
        let through = ["-s", "--max-time", "30", "--socks5", "127.0.0.1:\(proxy.port)"]
        let page = try await Program.run("curl", through + ["http://127.0.0.1:\(site.port)/"], in: "/")
        #expect(page.output == "hello\n")
        let refused = try await Program.run("curl", through + ["http://10.0.0.1:8080/"], in: "/")
        #expect(refused.status == 97)
        #expect(try await site.stop().status == 0)
        #expect(try await proxy.stop().status == 0)
    }
}
