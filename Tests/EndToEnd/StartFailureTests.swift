import Glibc
import TapData
import TapTesting
import Testing

/// A start is all or nothing: what fails is named, and nothing is left of what went before.
@Suite(.serialized, .timeLimit(.minutes(5)))
struct StartFailureTests {
    private let bench: Bench
    private let free = "tcp:0:interface=127.0.0.1"

    init() async throws {
        bench = try Bench()
        try bench.folder.write("hello\n", to: "site/index.html")
        try await bench.done("mktap", "web", "--static", "site", "--listen", "unix:\(bench.folder["first.sock"])")
    }

    private func append(_ words: String...) async throws {
        _ = try await Program.run(
            "\(Bench.programs)/mktap", ["--append", "web.tap", "web", "--static", "site"] + words,
            in: bench.folder.path)
    }

    /// Starts the tap, which must fail, and finds it afterwards as it was.
    private func fail(_ status: Int32, _ errors: String, sourceLocation: SourceLocation = #_sourceLocation) async throws
    {
        let before = text(of: bench.folder["web.tap"])
        let there = names(of: bench)
        let outcome = try await bench.run("tapd", "-f", "web.tap")
        #expect(outcome.status == status, sourceLocation: sourceLocation)
        #expect(outcome.errors == errors + "\n", sourceLocation: sourceLocation)
        #expect(outcome.output == "", sourceLocation: sourceLocation)
        // Not even the socket of the service that could have run.
        #expect(names(of: bench) == there, sourceLocation: sourceLocation)
        #expect(text(of: bench.folder["web.tap"]) == before, sourceLocation: sourceLocation)
    }

    @Test func aBusyPortOfTheSecondIsNamed() async throws {
        let other = try await bench.serve("web", "--listen", free)
        let busy = "tcp:\(other.port):interface=127.0.0.1"
        try await append("--listen", busy)
        try await fail(
            69,
            "tapd: service \"web-2\": cannot listen on \(busy): address already in use. Another program listens there: stop it, or choose another endpoint."
        )
        _ = try await other.stop()
    }

    @Test func aBusyUnixSocketIsNamedAndStays() async throws {
        let busy = "unix:\(bench.folder["busy.sock"])"
        let other = try await bench.serve("web", "--static", "site", "--listen", busy)
        try await append("--listen", busy)
        try await fail(
            69,
            "tapd: service \"web-2\": cannot listen on \(busy): address already in use. Another program listens there: stop it, or choose another endpoint."
        )
        let page = try await Program.run(
            "curl", ["-s", "--unix-socket", bench.folder["busy.sock"], "http://localhost/"], in: "/")
        #expect(page.output == "hello\n")
        _ = try await other.stop()
        #expect(!bench.has("busy.sock"))
    }

    @Test func anAddressOfAnotherMachineIsNamed() async throws {
        try await append("--listen", "tcp:0:interface=192.0.2.1")
        try await fail(
            69,
            "tapd: service \"web-2\": cannot listen on tcp:0:interface=192.0.2.1: cannot assign requested address. The interface must be an address of this machine."
        )
    }

    @Test func aFolderOfASocketThatIsNotThereIsNamed() async throws {
        let endpoint = "unix:\(bench.folder["gone/second.sock"])"
        try await append("--listen", endpoint)
        try await fail(
            69,
            "tapd: service \"web-2\": cannot listen on \(endpoint): no such file or directory. The folder of the socket must be there."
        )
    }

    @Test func aSocketIsNotPutInPlaceOfAFile() async throws {
        try bench.folder.write("mine\n", to: "file")
        let endpoint = "unix:\(bench.folder["file"])"
        try await append("--listen", endpoint)
        let outcome = try await bench.run("tapd", "-f", "web.tap")
        #expect(outcome.status == 69)
        #expect(bench.text("file") == "mine\n")
        #expect(!bench.has("first.sock"))
    }

    @Test func aServiceThatRefusesStopsThoseBeforeIt() async throws {
        try bench.folder.makeFolder("two")
        try await bench.done("mktap", "--append", "web.tap", "web", "--static", "two", "--listen", free)
        rmdir(bench.folder["two"])
        let outcome = try await bench.run("tapd", "-f", "web.tap")
        #expect(outcome.status == 69)
        #expect(outcome.errors.hasPrefix("tapd: service \"web-2\": cannot open"))
        #expect(outcome.output == "")
        #expect(names(of: bench) == ["site", "web.tap"])
        #expect(try await bench.done("tapctl", "verify", "web.tap") == "web.tap: no problems found\n")
    }

    @Test func aDescriptionThatNeverServedDoesNotCount() async throws {
        let other = try await bench.serve("web", "--listen", free)
        let describe = { (listen: String, folder: String) in
            try bench.folder.write(
                "taproom: 1\nservices:\n- {kind: web, listen: \"\(listen)\", static: \(folder)}\n", to: "site.yaml")
        }
        try describe(free, "site")
        #expect(try await bench.serve("-y", "site.yaml").stop().status == 0)
        let before = try await bench.json("tapctl", "export", "site.tap")
        let revision = try await bench.json("tapctl", "status", "site.tap")["revision"]
        try describe("tcp:\(other.port):interface=127.0.0.1", "site")
        for _ in 0..<2 {
            #expect(try await bench.run("tapd", "-y", "site.yaml").status == 69)
            #expect(try await bench.json("tapctl", "status", "site.tap")["revision"] == revision)
            #expect(try await bench.json("tapctl", "export", "site.tap") == before)
            #expect(!(try await bench.statuses(of: "site.tap")).contains("pending"))
        }
        _ = try await other.stop()
        // What kept it from serving is gone.
        let served = try await bench.serve("-y", "site.yaml")
        #expect(served.port == other.port)
        #expect(try await served.stop().status == 0)
    }

    @Test func anEarlierPointThatNeverServedDoesNotCount() async throws {
        try await bench.done("tapctl", "snapshot", "web.tap", "before")
        try await append("--listen", free)
        try bench.folder.makeFolder("first.sock")
        let revision = try await bench.json("tapctl", "status", "web.tap")["revision"]
        #expect(try await bench.run("tapd", "-f", "web.tap", "--snapshot", "before").status == 69)
        #expect(try await bench.json("tapctl", "status", "web.tap")["revision"] == revision)
        #expect(try await bench.json("tapctl", "status", "web.tap")["services"]?.array?.count == 2)
        let outcome = try await bench.run("tapd", "-f", "web.tap", "--snapshot", "never")
        #expect(outcome.status == 64)
    }

    @Test func oneEndpointIsNotForTwo() async throws {
        try await append("--listen", "unix:\(bench.folder["first.sock"])")
        let outcome = try await bench.run("tapd", "-f", "web.tap")
        #expect(outcome.status == 65)
        #expect(
            outcome.errors
                == "tapd: services \"web\" and \"web-2\": both are to listen on unix:\(bench.folder["first.sock"]). Give each an endpoint of its own.\n"
        )
    }
}
