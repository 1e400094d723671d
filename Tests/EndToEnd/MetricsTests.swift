import Glibc
import TapData
import TapTesting
import Testing

/// What those see who watch an application that runs.
@Suite(.timeLimit(.minutes(5))) struct MetricsTests {
    private let bench: Bench

    init() throws { bench = try Bench() }

    private func ask(_ path: String) async throws -> String {
        let words = ["-s", "--max-time", "60", "--unix-socket", bench.folder["web.sock"], "http://localhost/\(path)"]
        return try await Program.run("curl", words, in: "/").output
    }

    @Test func figuresAndHealthAreOnTheControlSocket() async throws {
        try bench.folder.write("hello\n", to: "www/index.html")
        try await bench.done("mktap", "web", "--static", "www", "--listen", "tcp:0:interface=127.0.0.1")
        let served = try await bench.serve("-f", "web.tap")
        #expect(try await served.curl("/").hasSuffix("200"))
        var text = try await ask("metrics")
        // A request is counted when its answer has been sent, which the client can see first.
        while !text.contains("taproom_http_requests_total{code=\"2xx\",host=\"other\",service=\"web\"} 1") {
            text = try await ask("metrics")
        }
        for line in [
            "taproom_service_up{kind=\"web\",service=\"web\"} 1", "taproom_service_restarts_total{service=\"web\"} 0",
            "taproom_revision 1", "taproom_last_durable_revision 1",
            "taproom_connections_accepted_total{endpoint=\"tcp:\(served.port):interface=127.0.0.1\",service=\"web\"} 1",
            "# TYPE taproom_commit_seconds histogram",
            "taproom_last_commit_success 1",
        ] {
            #expect(text.contains("\n\(line)\n"), "\(line)")
        }
        for name in [
            "process_resident_memory_bytes", "taproom_writer_queue", "process_open_fds",
            "taproom_event_loop_delay_seconds{loop=\"0\"}",
        ] {
            #expect(text.contains("\n\(name) "), "\(name)")
        }
        for path in ["healthz", "readyz"] {
            let health = try JSONReader.read(await ask(path)).datum
            #expect((health["live"], health["ready"], health["durable"]) == (.bool(true), .bool(true), .bool(true)))
        }
        #expect(try await served.stop().status == 0)
    }
}
