import Glibc
import NIOCore
import TapAccessLog
import TapData
import TapLog
import TapTesting
import Taproom
import Testing

@testable import TapWeb

/// A line of the combined format, as those who read it take it apart.
func combinedLine(_ line: some StringProtocol) -> CombinedLine? {
    let format =
        #/([0-9.]+|-) - ([!-~]+) \[\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}\] "([ !#-~]*)" (\d{3}) ([1-9]\d*|-) "([ !#-~]*)" "([ !#-~]*)"/#
    guard let match = String(line).wholeMatch(of: format) else { return nil }
    return CombinedLine(
        user: String(match.2), request: String(match.3), status: String(match.4), bytes: String(match.5),
        referer: String(match.6), agent: String(match.7))
}

struct CombinedLine {
    let user, request, status, bytes, referer, agent: String
}

/// What a site notes of its requests, with clients on real sockets.
@Suite(.timeLimit(.minutes(5)))
struct AccessLogTests {
    private let folder: TemporaryFolder

    init() throws { folder = try sampleFolder() }

    private var log: LocalPath { LocalPath(folder["log"]) }

    private func text(_ name: String = "log") -> String { (try? Data.text(folder[name])) ?? "" }

    private func lines(_ name: String = "log") -> [String] { text(name).split(separator: "\n").map(String.init) }

    /// Status, bytes and request line of each line, all of which have to be in the combined format.
    private func summaries(_ name: String = "log") -> [String] {
        lines(name).map { line in
            guard let match = combinedLine(line) else { return "malformed: \(line)" }
            return "\(match.status) \(match.bytes) \(match.request)"
        }
    }

    @Test func everyAnswerIsOneLine() async throws {
        try folder.write([UInt8](repeating: 7, count: 300_000), to: "large")
        try await serving(folder, change: { $0.accessLog.file = log }) { service in
            let connection = try service.connect()
            _ = try await connection.request("/hello.txt")
            _ = try await connection.request("/hello.txt?a=b", method: "HEAD").status
        }
        #expect(summaries() == ["200 5 GET /hello.txt HTTP/1.1", "200 - HEAD /hello.txt?a=b HTTP/1.1"])
        unlink(folder["log"])
        try await serving(folder, change: { $0.accessLog.file = log }) { service in
            let connection = try service.connect()
            for target in ["/large", "/none", "/sub", "/hello.txt"] { _ = try await connection.request(target) }
            _ = try await connection.request("/hello.txt", "If-None-Match: *")
            _ = try await connection.request("/", method: "DELETE")
            try await connection.send(
                String(repeating: "GET /digits.bin HTTP/1.1\r\nHost: a\r\n\r\n", count: 3) + "no request\r\n\r\n")
            _ = try await connection.receiveAll()
        }
        let found = summaries()
        #expect(found[0] == "200 300000 GET /large HTTP/1.1")
        #expect(
            found.map { $0.prefix(3) } == ["200", "404", "301", "200", "304", "405", "200", "200", "200", "400"])
        #expect(found[4] == "304 - GET /hello.txt HTTP/1.1")
        #expect(found[9].hasSuffix(" -"))
    }

    @Test func whatIsRefusedAfterItsHeadIsOneLineToo() async throws {
        try await serving(folder, change: { $0.accessLog.file = log }) { service in
            let connection = try service.connect()
            try await connection.send("PUT /x HTTP/1.1\r\nHost: a\r\nContent-Length: 9999999\r\n\r\n")
            _ = try await connection.receiveAll()
        }
        #expect(summaries().map { $0.prefix(4) + $0.suffix(16) } == ["413  PUT /x HTTP/1.1"])
    }

    @Test func isPutAsideUnderLoad() async throws {
        let (clients, requests) = (4, 100)
        try await serving(folder) { settings in
            settings.accessLog.file = log
            (settings.accessLog.size, settings.accessLog.keep) = (ByteCount(bytes: 1500), 100)
        } _: { service in
            try await withThrowingTaskGroup { group in
                for client in 0..<clients {
                    group.addTask {
                        let connection = try service.connect()
                        for number in 0..<requests {
                            _ = try await connection.request("/hello.txt?\(client).\(number)")
                        }
                    }
                }
                try await group.waitForAll()
            }
        }
        var found: [String] = []
        var number = 0
        while access(folder[number == 0 ? "log" : "log.\(number)"], F_OK) == 0 {
            let name = number == 0 ? "log" : "log.\(number)"
            #expect(text(name).utf8.count <= 1500)
            found += summaries(name)
            number += 1
        }
        #expect(number > 10)
        let all = (0..<clients).flatMap { client in
            (0..<requests).map { "200 5 GET /hello.txt?\(client).\($0) HTTP/1.1" }
        }
        #expect(found.sorted() == all.sorted())
    }

    @Test func aFullDiskStopsNobodyAndIsSaidOnce() async throws {
        var settings = WebSettings()
        (settings.static, settings.accessLog.file) = (folder.local, LocalPath("/dev/full"))
        let said = RecordedLog()
        try await withService(Web.self, settings: settings, logger: said.logger) { service in
            let connection = try service.connect()
            // Each page that is full is tried at once.
            let long = String(repeating: "x", count: 8000)
            for _ in 0..<20 { #expect(try await connection.request("/hello.txt?\(long)").status == 200) }
        }
        let errors = said.text.split(separator: "\n").filter { $0.hasPrefix("error") || $0.hasPrefix("warning") }
        #expect(errors.count == 2)
        #expect(errors.first?.hasPrefix("error: the access log takes nothing") == true)
        #expect(errors.first?.contains("no space left on device") == true)
        #expect(errors.last?.hasPrefix("warning: lines of the access log were lost") == true)
        #expect(errors.last?.contains("\"lines\": 20") == true)
    }

    @Test func aReaderThatIsTooSlowLosesWholeLines() async throws {
        mkfifo(folder["pipe"], 0o600)
        // Somebody has it open, and reads nothing until all lines were handed over.
        let idle = open(folder["pipe"], O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        defer { close(idle) }
        let said = RecordedLog()
        let (pages, perPage) = (400, 1000)
        let page = ByteBuffer(string: String(repeating: "a line of sixteen\n", count: perPage))
        var file: AccessLogFile? = try AccessLogFile(folder["pipe"], LogRotation(), said.logger)
        for _ in 0..<pages { file?.take(page, count: perPage) }
        let reader = try Program("/bin/sh", ["-c", "echo reading; sort pipe | uniq -c"], in: folder.path)
        _ = try await reader.line(containing: "reading")
        await file?.end()
        file = nil
        let words = try await reader.end().output.split(whereSeparator: \.isWhitespace)
        #expect(words.dropFirst(2) == ["a", "line", "of", "sixteen"])
        let count = try #require(Int(words[1]))
        #expect(count >= AccessLogFile.maximumWaitingBytes / 18 - perPage)
        let lost = said.text.split(separator: "\n").compactMap { line in
            line.firstMatch(of: #/"lines": "?(\d+)/#).flatMap { Int($0.1) }
        }
        #expect(lost.reduce(count, +) == pages * perPage)
    }

    @Test func saysWhyItCannotBeOpened() async throws {
        let log = LocalPath(folder["nowhere/log"])
        let error = await #expect(throws: AccessLogError.self) {
            try await serving(folder, change: { $0.accessLog.file = log }) { _ in }
        }
        #expect(
            error?.description
                == "cannot open the log \(log): no such file or directory. Make its folder, or set accessLog.file to another place."
        )
    }

    @Test func refusesSettingsThatContradictEachOther() {
        var settings = WebSettings()
        settings.accessLog.file = log
        var host = WebHost()
        (host.name, host.accessLog) = (["a"], WebAccessLog())
        settings.hosts = [host, host]
        settings.hosts[1].accessLog?.file = log
        settings.hosts[1].accessLog?.keep = 7
        #expect(
            settings.problems().map { "\($0.key) \($0.problem)" } == [
                "hosts.1.accessLog.file is the file of another accessLog, which has another size or another keep"
            ])
        settings.hosts[1].accessLog = nil
        settings.accessLog.keep = -1
        #expect(settings.problems().map(\.key) == ["accessLog.keep"])
    }

    @Test func aTransferThatIsBrokenOffSaysWhatWasSent() async throws {
        let size = 64 << 20
        try folder.write("", to: "huge")
        #expect(truncate(folder["huge"], size) == 0)
        try await serving(folder, change: { $0.accessLog.file = log }) { service in
            let connection = try service.connect()
            try await connection.send("GET /huge HTTP/1.1\r\nHost: a\r\n\r\n")
            _ = try await connection.receive(count: 2 << 20)
            try await connection.abort()
        }
        let parts = try #require(summaries().first).split(separator: " ")
        let sent = try #require(Int(parts[1]))
        #expect(lines().count == 1 && parts[0] == "200" && (1 << 20..<size).contains(sent))
    }

    @Test func noClientCanForgeALine() async throws {
        try await serving(folder, change: { $0.accessLog.file = log }) { service in
            let connection = try service.connect()
            _ = try await connection.request("/a\"\\\"b%0A%22", "User-Agent: x\" 200 1 \"-\" \"-\"\u{e9}\u{2028}\\")
            _ = try await connection.request("/", "Referer: a\tb \"", "User-Agent: \\\"", "User-Agent: second")
            try await connection.send(
                [UInt8]("GET / HTTP/1.1\r\nHost: a\r\nUser-Agent: ".utf8) + [0xFF, 0x9B, 0x80] + [13, 10, 13, 10])
            _ = try await connection.response()
        }
        #expect(summaries().count == 3)
        let matches = lines().compactMap { combinedLine($0) }
        #expect(matches.map(\.request).first == #"GET /a\x22\x5C\x22b%0A%22 HTTP/1.1"#)
        #expect(
            matches.map(\.agent) == [
                #"x\x22 200 1 \x22-\x22 \x22-\x22\xC3\xA9\xE2\x80\xA8\x5C"#, #"\x5C\x22"#, #"\xFF\x9B\x80"#,
            ])
        #expect(matches.map(\.referer) == ["-", #"a\x09b \x22"#, "-"])
    }

    @Test func theCommonFormEndsEarlier() async throws {
        try await serving(folder, change: { ($0.accessLog.file, $0.accessLog.format) = (log, .common) }) { service in
            _ = try await service.connect().request("/hello.txt", "User-Agent: x")
        }
        let line = try #require(lines().first)
        #expect(combinedLine(line + " \"-\" \"-\"") != nil)
        #expect(line.hasSuffix("\"GET /hello.txt HTTP/1.1\" 200 5"))
    }

    @Test func linesOfJSONAreObjects() async throws {
        try await serving(folder, change: { ($0.accessLog.file, $0.accessLog.format) = (log, .json) }) { service in
            let connection = try service.connect()
            _ = try await connection.request("/hello.txt?\"", "User-Agent: a\"\\\u{e9}\u{85}\t", "Referer: http://b/")
            try await connection.send([0x80, 0x81, 13, 10, 13, 10])
            _ = try await connection.receiveAll()
        }
        let objects = try lines().map { try #require(JSONReader.read($0).datum.object) }
        let first = try #require(objects.first)
        #expect(first["time"].flatMap(\.string).flatMap(Timestamp.seconds) != nil)
        #expect(first["client"] == .string("127.0.0.1"))
        #expect(first["target"] == .string("/hello.txt?\""))
        #expect(first["protocol"] == .string("HTTP/1.1"))
        #expect(first["tls"] == .bool(false))
        #expect(first["status"] == .integer(200) && first["bytes"] == .integer(5))
        #expect(first["userAgent"] == .string("a\"\\\u{e9}\u{85}"))
        #expect(first["referer"] == .string("http://b/") && first["user"] == .null)
        #expect(objects[1]["status"] == .integer(400) && objects[1]["target"] == .null)
        #expect(objects[1].members.map(\.key) == first.members.map(\.key))
    }

    @Test func hostsHaveLogsOfTheirOwnOrNone() async throws {
        try await serving(folder) { settings in
            settings.accessLog.file = log
            for (name, log) in [("own", folder["own"]), ("none", nil), ("same", nil), ("shared", nil)] {
                var host = WebHost()
                (host.name, host.static) = (OneOrMore([name]), folder.local)
                if name != "same" { host.accessLog = WebAccessLog() }
                host.accessLog?.file = log.map { LocalPath($0) }
                if name == "none" { host.accessLog?.format = .none }
                settings.hosts.append(host)
            }
        } _: { service in
            let connection = try service.connect()
            for host in ["own", "none", "same", "shared", "other"] {
                try await connection.send("GET /hello.txt?\(host) HTTP/1.1\r\nHost: \(host)\r\n\r\n")
                _ = try await connection.response()
            }
        }
        #expect(summaries() == ["same", "shared", "other"].map { "200 5 GET /hello.txt?\($0) HTTP/1.1" })
        #expect(summaries("own") == ["200 5 GET /hello.txt?own HTTP/1.1"])
    }

    @Test func requestsOverHTTP2AreNotedToo() async throws {
        try await serving(folder) { settings in
            settings.listen = [Endpoint(.tcp(port: 0, interface: "127.0.0.1"), tls: Endpoint.TLS())]
            settings.tls.internal = true
            settings.accessLog.file = log
        } _: { service in
            let url = "https://127.0.0.1:\(try service.port())"
            _ = try await Program.run(
                "curl", ["-sk", "--http2", "-A", "me", "\(url)/hello.txt", "\(url)/none", "-I", "\(url)/"], in: "/")
        }
        #expect(
            summaries().map { $0.split(separator: " ").suffix(3).joined(separator: " ") } == [
                "HEAD /hello.txt HTTP/2.0", "HEAD /none HTTP/2.0", "HEAD / HTTP/2.0",
            ])
        #expect(lines().allSatisfy { $0.hasSuffix("\"-\" \"me\"") })
    }

    @Test func aClientThatLeavesBeforeItsAnswerIsNoted() async throws {
        let (arrivals, arrived) = AsyncStream.makeStream(of: Void.self)
        try await withUpstream { peer in
            _ = try await peer.receive()
            arrived.yield()
            try await peer.waitForEnd()
        } _: { upstream in
            let route = try proxyRoute("/slow", to: upstream)
            try await serving(folder) { settings in
                settings.accessLog.file = log
                settings.routes = [route]
            } _: { service in
                let connection = try service.connect()
                try await connection.send("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n")
                for await _ in arrivals { break }
                try await connection.abort()
            }
        }
        #expect(summaries() == ["499 - GET /slow HTTP/1.1"])
    }

    @Test func aTunnelIsNotedWhenItEnds() async throws {
        try await withUpstream { peer in
            _ = try await peer.receive()
            try await peer.send("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\nhi!")
            _ = try await peer.receive(through: "bye")
        } _: { upstream in
            let route = try proxyRoute("/", to: upstream)
            try await serving(folder) { settings in
                settings.accessLog.file = log
                settings.routes = [route]
            } _: { service in
                let connection = try service.connect()
                try await connection.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n")
                _ = try await connection.receive(through: "hi!")
                try await connection.send("bye")
                _ = try await connection.receiveAll()
            }
        }
        #expect(summaries() == ["101 3 GET / HTTP/1.1"])
    }
}

/// A route that passes requests on.
private func proxyRoute(_ path: String, to upstream: String) throws -> WebRoute {
    var (route, proxy) = (WebRoute(), ProxySettings())
    proxy.to = .init([try #require(Upstream(upstream))])
    (route.path, route.proxy) = (path, proxy)
    return route
}

private enum Data {
    /// A whole file as text.
    static func text(_ path: String) throws -> String {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw SystemCallError("open \(path)") }
        defer { close(file) }
        var (content, buffer) = ([UInt8](), [UInt8](repeating: 0, count: 65_536))
        while case let count = read(file, &buffer, buffer.count), count > 0 { content += buffer[..<count] }
        return String(decoding: content, as: UTF8.self)
    }
}
