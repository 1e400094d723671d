import Glibc
import TapData
import TapTesting
import Testing

/// The log of requests while the application changes, is told to begin a new file, and is killed.
@Suite(.serialized, .timeLimit(.minutes(5)))
struct AccessLogTests {
    private let bench: Bench

    init() async throws {
        bench = try Bench()
        try bench.folder.write("hello\n", to: "site/index.html")
        try await bench.done(
            "mktap", "web", "--static", "site", "--listen", "tcp:0:interface=127.0.0.1", "--access-log", "access.log")
    }

    /// The targets of whole lines of the combined format; a line that is none is there as it is.
    private func targets(_ name: String) -> [String] {
        bench.text(name).split(separator: "\n").map { line in
            let format = #/127\.0\.0\.1 - - \[[^\]]{26}\] "GET (\S+) HTTP/1\.1" 200 6 "-" "[^"]*"/#
            return line.wholeMatch(of: format).map { String($0.1) } ?? "malformed: \(line)"
        }
    }

    @Test func beginsANewFileAtTheSignal() async throws {
        let served = try await bench.serve("-f", "web.tap")
        _ = try await served.curl("/?first")
        wait { bench.text("access.log").contains("first") }
        rename(bench.folder["access.log"], bench.folder["moved"])
        served.program.signal(SIGUSR1)
        wait { bench.has("access.log") }
        _ = try await served.curl("/?second")
        #expect(try await served.stop().status == 0)
        #expect(targets("moved") == ["/?first"])
        #expect(targets("access.log") == ["/?second"])
        var file = stat()
        #expect(stat(bench.folder["access.log"], &file) == 0 && file.st_mode & 0o137 == 0)
    }

    @Test func changesWhileRequestsCome() async throws {
        let served = try await bench.serve("-f", "web.tap")
        let connection = try served.connect()
        var count = 0
        for change in ["file=two.log", "format=json", "file=three.log", "format=combined", "file=~"] {
            let changing = Task { _ = try await bench.done("tapctl", "set", "web.tap", "web.accessLog.\(change)") }
            for _ in 0..<50 {
                #expect(try await connection.request("/?\(count)").status == 200)
                count += 1
            }
            try await changing.value
        }
        #expect(try await served.stop().status == 0)
        let lines = ["access.log", "two.log", "three.log"].flatMap { bench.text($0).split(separator: "\n") }
        let found = try lines.map { line in
            let target =
                line.hasPrefix("{")
                ? try JSONReader.read(String(line)).datum["target"]?.string
                : line.split(separator: " ").dropFirst(6).first.map(String.init)
            return Int(target?.dropFirst(2) ?? "") ?? -1
        }
        // The last change takes the log away in the midst of the last fifty.
        #expect(Array(Set(found)).sorted() == Array(0..<found.count))
        #expect(found.count >= 200)
        #expect(lines.contains { $0.hasPrefix("{") } && lines.contains { $0.hasSuffix("\"") })
    }

    @Test func aProcessThatIsKilledLeavesWholeLines() async throws {
        for round in 0..<3 {
            let served = try await bench.serve("-f", "web.tap")
            let connection = try served.connect()
            for number in 0..<300 { _ = try await connection.request("/?\(round).\(number)") }
            // What is older than a second is there; the rest may be lost.
            wait { bench.text("access.log").contains("?\(round).0 ") }
            served.program.signal(SIGKILL)
            _ = try await served.program.end()
        }
        let served = try await bench.serve("-f", "web.tap")
        _ = try await served.curl("/?last")
        _ = try await served.stop()
        let found = targets("access.log")
        #expect(!found.contains { $0.hasPrefix("malformed") })
        #expect(found.last == "/?last")
        for round in 0..<3 { #expect(found.contains("/?\(round).0")) }
        #expect(Set(found).count == found.count)
    }
}
