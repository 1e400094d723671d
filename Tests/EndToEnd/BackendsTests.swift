import TapTesting
import Testing

/// The sample with two programs in a group, as its users run it.
@Suite(.timeLimit(.minutes(5)))
struct BackendsTests {
    @Test func eachOfTwoProgramsIsRestartedByItself() async throws {
        let bench = try Bench()
        let ports = try await TourPorts()
        let text = try await Program.run("cat", ["samples/backends.yaml"], in: Document.root).output
        try bench.folder.write(ports.given(text), to: "samples/backends.yaml")
        let served = try await bench.serve("-y", "samples/backends.yaml")
        // The program may still be on its way to its socket: curl comes again until it is there.
        let page = try await Program.run(
            "curl",
            [
                "-s", "--retry", "60", "--retry-connrefused", "--retry-delay", "1",
                ports.given("http://127.0.0.1:8000/"),
            ],
            in: "/")
        #expect(page.output.contains("backends.yaml"))
        try await bench.done("tapctl", "restart", "samples/backends.tap", "backends/ticker")
        func starts(_ service: String) async throws -> String {
            try await bench.done("tapctl", "show", "samples/backends.tap", "backends/\(service).state.history.starts")
        }
        #expect(try await starts("ticker") == "2\n")
        #expect(try await starts("files") == "1\n")
        #expect(try await served.stop().status == 0)
    }
}
