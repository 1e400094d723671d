import Glibc
import TapData
import TapTesting
import Testing

/// The end: it waits for what is under way, but not for ever, and the status says whether all is stored.
@Suite(.serialized, .timeLimit(.minutes(5)))
struct StopTests {
    private let bench: Bench

    init() async throws {
        bench = try Bench()
        try bench.folder.write("hello\n", to: "index.html")
        try bench.folder.write("", to: "large")
        // More than all buffers on the way take, and no room on the disk.
        truncate(bench.folder["large"], 1 << 30)
        try await bench.done("mktap", "web", "--static", ".", "--listen", "tcp:0:interface=127.0.0.1")
    }

    /// A client in the middle of a download that it does not read.
    private func download(from served: Served) async throws -> TestConnection {
        let client = try served.connect()
        try await client.send("GET /large HTTP/1.1\r\nHost: a\r\n\r\n")
        _ = try await client.receive(through: "\r\n\r\n")
        return client
    }

    /// Sends signals that come all at once.
    private func signal(_ served: Served, _ signals: CInt...) {
        for number in [SIGSTOP] + signals + [SIGCONT] { served.program.signal(number) }
    }

    @Test(arguments: [SIGTERM, SIGINT])
    func aSecondSignalHurries(first: CInt) async throws {
        let served = try await bench.serve("-f", "web.tap")
        let client = try await download(from: served)
        served.program.signal(first)
        _ = try await served.program.line(containing: " stopping ")
        served.program.signal(SIGINT)
        let outcome = try await served.program.end()
        #expect(outcome.status == 0)
        #expect(outcome.output.contains(" stopped "))
        withExtendedLifetime(client) {}
        #expect(try await bench.done("tapctl", "verify") == "web.tap: no problems found\n")
    }

    @Test func aThirdSignalEndsItAtOnce() async throws {
        var served = try await bench.serve("-f", "web.tap")
        let client = try await download(from: served)
        try await bench.done("tapctl", "snapshot", "web.tap", "kept")
        served.program.signal(SIGTERM)
        _ = try await served.program.line(containing: " stopping ")
        signal(served, SIGINT, SIGTERM)
        let outcome = try await served.program.end()
        #expect(outcome.status == 74)
        #expect(outcome.output.contains("critical: ended at once by a third signal"))
        withExtendedLifetime(client) {}
        served = try await bench.serve("-f", "web.tap")
        #expect(try await served.curl("/") == "hello\n\n200")
        #expect(try await served.stop().status == 0)
        #expect(try await bench.json("tapctl", "history")["1", "snapshot"] == .string("kept"))
        #expect(try await bench.done("tapctl", "verify") == "web.tap: no problems found\n")
    }

    @Test func whoTakesTooLongIsNamed() async throws {
        try await bench.done("mktap", "--append", "web.tap", "web", "--listen", "tcp:0:interface=127.0.0.1")
        let served = try await bench.serve("-f", "web.tap")
        let client = try await download(from: served)
        let outcome = try await served.stop()
        #expect(outcome.status == 0)
        let late = outcome.output.split(separator: "\n").filter { $0.contains("service did not stop in time") }
        #expect(late.count == 1)
        #expect(late.first?.contains(" service=web") == true && late.first?.contains("web-2") == false)
        withExtendedLifetime(client) {}
        #expect(try await bench.json("tapctl", "show", "web.tap", "web.state.counters")["requests"] != nil)
    }

    @Test func aHangupWithoutADescriptionIsALineOfTheLog() async throws {
        let served = try await bench.serve("-f", "web.tap")
        served.program.signal(SIGHUP)
        let line = try await served.program.line(containing: "error: the description is not taken")
        #expect(
            line.contains("there is no description to read again: the application runs from \(bench.folder["web.tap"])")
        )
        #expect(try await served.curl("/") == "hello\n\n200")
        #expect(try await bench.statuses(of: "web.tap") == ["active"])
        #expect(try await served.stop().status == 0)
    }

    @Test(.enabled(if: geteuid() == 0, "only root can make a small disk"))
    func aFullDiskIsInTheStatus() async throws {
        let script = """
            mount -t tmpfs -o size=400k tmpfs "$PWD"; cd "$PWD"
            echo hello > index.html
            mktap web --static . --listen tcp:0:interface=127.0.0.1
            mkfifo log; tapd -f web.tap > log & tapd=$!
            read -r line < log; exec 3< log
            curl -s "http://127.0.0.1:$(echo "$line" | sed 's/.*tcp:\\([0-9]*\\).*/\\1/')/"
            dd if=/dev/zero of=fill bs=1k 2> /dev/null
            kill $tapd; wait $tapd; echo "status $?"
            rm fill; tapctl verify web.tap
            """
        try bench.folder.write(script, to: "script")
        let outcome = try await bench.shell("unshare --mount --propagation private sh -c \"$(cat script)\"")
        #expect(
            outcome.output.split(separator: "\n").suffix(3)
                == ["hello", "status 74", "web.tap: no problems found"])
    }
}
