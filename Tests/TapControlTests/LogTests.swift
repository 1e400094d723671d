import Glibc
import Logging
@testable import TapControl
import TapData
@testable import TapLog
import TapTesting
import Taproom
import Testing

/// A log on a socket, as an application that runs has it.
private final class ServedLog: Sendable {
    let log: RecentLog
    private let socket: ListeningSocket
    private let server: ControlServer

    init(_ log: RecentLog, _ path: String) async throws {
        self.log = log
        socket = try ListeningSocket(Endpoint(.unix(path: path, mode: nil)))
        let routes = ControlRoutes(RestingApplication(path: "/nowhere/a.tap", kinds: kinds), logs: log)
        server = try await ControlServer(
            socket: socket.listener.duplicate(), routes: routes, admission: .peers(owner: geteuid(), readers: nil),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    func close() async { await server.close() }

    /// Returns when somebody follows; by the time limit of the suite if nobody does.
    func isFollowed() async { while log.followerCount == 0 { await Task.yield() } }
}

@Suite(.timeLimit(.minutes(5))) struct LogTests {
    private func add(_ messages: String..., to log: RecentLog) {
        for message in messages {
            log.append(LogRecord(time: "2026-11-21T10:04:05.123Z", level: .notice, message: message))
        }
    }

    private func ask(_ log: RecentLog?, _ query: [String: String], method: String = "GET") async -> ControlResponse {
        await ControlRoutes(RestingApplication(path: "/nowhere/a.tap", kinds: kinds), logs: log).respond(
            to: ControlRequest(method: method, path: ["v1", "logs"], query: query, asker: Asker(name: "bob")))
    }

    @Test func answersTheNewestLines() async throws {
        let log = RecentLog(process: 7)
        add("one", "two", "three", to: log)
        let answer = await ask(log, ["lines": "2"])
        #expect(answer.status == 200)
        #expect(
            JSONWriter.line(answer.json ?? .null) == #"""
                [{"process":7,"number":2,"time":"2026-11-21T10:04:05.123Z","level":"notice","message":"two","fields":{}},{"process":7,"number":3,"time":"2026-11-21T10:04:05.123Z","level":"notice","message":"three","fields":{}}]
                """#)
        #expect(await ask(log, [:]).json != nil)
        #expect(await ask(log, ["lines": "0", "follow": "false"]).json == .array([]))
    }

    @Test(arguments: [
        (["lines": "x"], "lines must be a number from 0 to 1000, but is \"x\""),
        (["lines": "1001"], "lines must be a number from 0 to 1000, but is \"1001\""),
        (["lines": "-1"], "lines must be a number from 0 to 1000, but is \"-1\""),
        (["follow": "yes"], "follow must be true or false, but is \"yes\""),
    ])
    func refusesOtherQuestions(query: [String: String], detail: String) async {
        let answer = await ask(RecentLog(), query)
        #expect((answer.status, answer.json?.object?["detail"]) == (400, .string(detail)))
    }

    @Test func thereIsNothingWithoutALog() async {
        #expect(await ask(nil, [:]).status == 404)
        #expect(await ask(RecentLog(), [:], method: "POST").allowed == ["GET", "HEAD", "OPTIONS"])
    }

    @Test func sendsLinesAsTheyComeUntilItIsClosed() async throws {
        try await withTemporaryFolder { folder in
            let log = RecentLog(process: 7)
            add("one", to: log)
            let server = try await ServedLog(log, folder + "/s")
            let client = try TestConnection(to: .unix(path: folder + "/s"))
            try await client.send("GET /v1/logs?follow=true HTTP/1.1\r\nHost: x\r\n\r\n")
            let head = try await client.receive(through: "\r\n\r\n")
            #expect(head.hasPrefix("HTTP/1.1 200 OK\r\ncontent-type: application/x-ndjson\r\n"))
            #expect(head.contains("transfer-encoding: chunked\r\n"))
            #expect(try await client.receive(through: "}\n\r\n").contains(#""message":"one""#))
            add("two", to: log)
            #expect(try await client.receive(through: "}\n\r\n").contains(#""message":"two""#))
            add("three", "four", to: log)
            await server.close()
            let rest = String(decoding: try await client.receive(count: 2), as: UTF8.self)
            let end = try await client.receive(through: "\r\n0\r\n\r\n")
            #expect(!rest.isEmpty && end.contains("three") && end.contains("four"))
        }
    }

    @Test func closingDoesNotWaitForAFollowerThatDoesNotRead() async throws {
        try await withTemporaryFolder { folder in
            let log = RecentLog()
            let server = try await ServedLog(log, folder + "/s")
            let client = try TestConnection(to: .unix(path: folder + "/s"))
            try await client.send("GET /v1/logs?follow=true&lines=0 HTTP/1.1\r\nHost: x\r\n\r\n")
            _ = try await client.receive(through: "\r\n\r\n")
            await server.isFollowed()
            for _ in 0..<100 { add(String(repeating: "x", count: 100_000), to: log) }
            await server.close()
            // What it did not read is cut off, be it in the middle of a line or, where nobody had begun to send, before the first.
            #expect(try await client.receiveAll().count < 100 * 100_000)
        }
    }

    @Test func aFollowerThatIsGoneIsForgotten() async throws {
        try await withTemporaryFolder { folder in
            let log = RecentLog()
            let server = try await ServedLog(log, folder + "/s")
            let client = try TestConnection(to: .unix(path: folder + "/s"))
            try await client.send("GET /v1/logs?follow=true HTTP/1.1\r\nHost: x\r\n\r\n")
            _ = try await client.receive(through: "\r\n\r\n")
            #expect(log.followerCount == 1)
            try await client.abort()
            // Ends by the time limit of the suite if it is not.
            while log.followerCount > 0 { await Task.yield() }
            await server.close()
        }
    }

    @Test func aClientReadsLineByLine() async throws {
        try await withTemporaryFolder { folder in
            let log = RecentLog(process: 7)
            add("one", "two", to: log)
            let server = try await ServedLog(log, folder + "/s")
            let running = try #require(try RemoteApplication(socket: folder + "/s"))
            #expect(try await running.logs(newest: 1).map(\.message) == ["two"])
            var messages: [String] = []
            try await running.followLogs(newest: 2) { line in
                messages.append(line.message)
                if line.message == "two" { add("three", String(repeating: "é", count: 100_000), to: log) }
                return messages.count < 4
            }
            #expect(messages == ["one", "two", "three", String(repeating: "é", count: 100_000)])
            await #expect(throws: RemoteError.self) { try await running.followLogs(newest: 9999) { _ in true } }
            await server.close()
        }
    }

    @Test func aFollowerGoesOnWithTheNextProcess() async throws {
        try await withTemporaryFolder { folder in
            let old = try await ServedLog(RecentLog(process: 7), folder + "/s")
            let new = try await ServedLog(RecentLog(process: 8), folder + "/new")
            add("one", "two", to: old.log)
            add("three", to: new.log)
            let upgrade = Task {
                await old.isFollowed()
                rename(folder + "/new", folder + "/s")
                await old.close()
                await new.isFollowed()
                add("four", to: new.log)
            }
            var shown: [String] = []
            var follower = LogFollower(socket: folder + "/s")
            let wasThere = try await follower.follow(newest: 1) { event in
                if case .line(let line) = event { shown.append(line.message) }
                return shown.last != "four"
            }
            #expect(wasThere)
            #expect(shown == ["two", "three", "four"])
            await upgrade.value
            await new.close()
        }
    }

    @Test func aFollowerEndsWhenNobodyAnswersAnyMore() async throws {
        try await withTemporaryFolder { folder in
            let log = RecentLog()
            add("one", to: log)
            let closing = Task {
                let served = try await ServedLog(log, folder + "/s")
                await served.isFollowed()
                await served.close()
            }
            while access(folder + "/s", F_OK) != 0 { await Task.yield() }
            var follower = LogFollower(socket: folder + "/s")
            var count = 0
            let wasThere = try await follower.follow(newest: 10) { _ in
                count += 1
                return true
            }
            #expect(wasThere)
            #expect(count == 1)
            try await closing.value
            #expect(try await follower.follow(newest: 10) { _ in true } == false)
        }
    }

    @Test func aFollowerShowsEachLineOnceAndCountsWhatItMissed() {
        let old = RecentLog(process: 7)
        add("1", "2", "3", "4", to: old)
        let new = RecentLog(process: 8)
        add("1", "2", to: new)
        let (lines, others) = (old.newest(4), new.newest(2))
        var follower = LogFollower(socket: "")
        #expect(follower.events(lines[1]) == [.line(lines[1])])
        #expect(follower.events(lines[0]) == [])
        #expect(follower.events(lines[1]) == [])
        #expect(follower.events(lines[3]) == [.missed(1), .line(lines[3])])
        #expect(follower.events(others[1]) == [.missed(1), .line(others[1])])
    }
}
