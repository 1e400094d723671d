import Glibc
import NIOCore
import NIOPosix
import TapAccessLog
import TapSecrets
import TapTesting
import Taproom
import Testing

@testable import TapSocks

@Suite(.timeLimit(.minutes(3)))
struct ServingTests {
    @Test func connectsInEveryVersionAndByEveryKindOfAddress() async throws {
        let target = try await EchoServer()
        let sixth = try await EchoServer("::1")
        try await serving { service in
            for host in ["127.0.0.1", "localhost"] {
                let five = try service.connect()
                let reply = try await five.ask(1, host, target.port)
                #expect(reply.reply == 0)
                #expect(reply.address.host == .address([127, 0, 0, 1]) && reply.address.port > 0)
                #expect(try await five.echoed("five to \(host)") == "five to \(host)")
            }
            let six = try service.connect()
            #expect(try await six.ask(1, "::1", sixth.port).reply == 0)
            #expect(try await six.echoed("six") == "six")
            for message in [
                bytes(4, 1, target.port, 127, 0, 0, 1, "me", 0),
                bytes(4, 1, target.port, 0, 0, 0, 1, 0, "localhost", 0),
            ] {
                let four = try service.connect()
                try await four.send(message)
                #expect(try await four.receive(count: 8).prefix(2) == [0, 90])
                #expect(try await four.echoed("four") == "four")
            }
        }
    }

    @Test func passesOnWhatComesBeforeTheReply() async throws {
        let target = try await EchoServer()
        try await serving { service in
            let connection = try service.connect()
            let early = String(repeating: "early ", count: 40_000)
            try await connection.send([5, 1, 0] + TestConnection.request(1, "127.0.0.1", target.port))
            async let sent: Void = connection.send(early)
            // The method and the reply come first.
            #expect(try await connection.receive(count: 5) == [5, 0, 5, 0, 0])
            _ = try await connection.receive(count: 7)
            #expect(try await connection.receive(count: early.utf8.count) == Array(early.utf8))
            try await sent
        }
    }

    @Test func asksForPasswordsAndRemembersWhoWasRight() async throws {
        let target = try await EchoServer()
        let state = TestState()
        try await serving(state: state, change: { try $0.addAda() }) { service in
            let login = bytes(5, 2, 0, 2, 1, 3, "ada", 6, "secret")
            for _ in 0..<3 {
                let connection = try service.connect()
                try await connection.send(login + TestConnection.request(1, "127.0.0.1", target.port))
                #expect(try await connection.receive(count: 4) == [5, 2, 1, 0])
                #expect(try await connection.receiveReply().reply == 0)
                #expect(try await connection.echoed("hello") == "hello")
            }
            let wrong = try service.connect()
            try await wrong.send(bytes(5, 1, 2, 1, 3, "ada", 5, "wrong"))
            #expect(try await wrong.receiveAll() == [5, 2, 1, 1])
            let silent = try service.connect()
            try await silent.send([5, 1, 0])
            #expect(try await silent.receiveAll() == [5, 255])
            let old = try service.connect()
            try await old.send(bytes(4, 1, target.port, 127, 0, 0, 1, "ada", 0))
            #expect(try await old.receiveAll() == [0, 91, 0, 0, 0, 0, 0, 0])
        }
        let counters = try await state.value(Socks.counters)
        #expect(counters.logins == .init(accepted: 3, refused: 3))
        #expect(counters.users == ["ada": .init(requests: 3, sent: 15, received: 15)])
    }

    private func reply(
        _ service: RunningService, _ command: UInt8, _ host: String, _ port: UInt16
    ) async throws -> UInt8 {
        let connection = try service.connect()
        let reply = try await connection.ask(command, host, port).reply
        if reply != 0 { #expect(try await connection.receiveAll() == []) }
        return reply
    }

    @Test func tellsWhatCameOfRequests() async throws {
        let target = try await EchoServer()
        let gone = try await EchoServer()
        try await gone.end()
        let state = TestState()
        let log = RecordedLog()
        try await serving(
            state: state, logger: log.logger, change: { $0.deny = [try SocksRule(text: "to=127.0.0.9")] }
        ) { service in
            let granted = try await reply(service, 1, "127.0.0.1", target.port)
            #expect(granted == 0)
            #expect(try await reply(service, 1, "127.0.0.1", gone.port) == 5)
            #expect(try await reply(service, 1, "127.0.0.9", target.port) == 2)
            #expect(try await reply(service, 2, "127.0.0.1", target.port) == 2)
            #expect(try await reply(service, 3, "0.0.0.0", 0) == 2)
            #expect(try await reply(service, 9, "127.0.0.1", target.port) == 7)
            // No label is longer than 63 bytes, so nobody is asked for this one.
            #expect(try await reply(service, 1, String(repeating: "x", count: 64), target.port) == 4)
        }
        let counters = try await state.value(Socks.counters)
        #expect(counters.connect == .init(granted: 1, refused: 1, failed: 2))
        #expect(counters.bind == .init(granted: 0, refused: 1, failed: 0))
        #expect(counters.udp == .init(granted: 0, refused: 1, failed: 0))
        #expect(counters.malformed == 1)
        #expect(log.text.contains("info: a request was refused"))
        #expect(log.text.contains("debug: a request is granted"))
    }

    @Test func countsOnAfterAStop() async throws {
        let target = try await EchoServer()
        let state = TestState()
        for round in 1...2 {
            try await serving(state: state) { service in
                let connection = try service.connect()
                #expect(try await connection.ask(1, "127.0.0.1", target.port).reply == 0)
                #expect(try await connection.echoed("12345") == "12345")
            }
            let counters = try await state.value(Socks.counters)
            #expect(counters.connect.granted == Int64(round))
            #expect(counters.bytes == .init(sent: Int64(5 * round), received: Int64(5 * round)))
        }
    }

    @Test func closesConnectionsThatSayNothingInTime() async throws {
        try await serving(change: { $0.limits.handshake = TimeSpan(milliseconds: 1000) }) { service in
            #expect(try await service.connect().receiveAll() == [])
            let slow = try service.connect()
            try await slow.send([5, 1, 0, 5, 1])
            #expect(try await slow.receiveAll() == [5, 0])
        }
    }

    @Test func closesTunnelsThatSayNothing() async throws {
        let target = try await EchoServer()
        try await serving(change: { $0.limits.idle = TimeSpan(milliseconds: 1000) }) { service in
            let connection = try service.connect()
            #expect(try await connection.ask(1, "127.0.0.1", target.port).reply == 0)
            #expect(try await connection.receiveAll() == [])
        }
    }

    @Test func closesConnectionsOfAClientThatHasTooMany() async throws {
        let target = try await EchoServer()
        try await serving(change: { $0.limits.connectionsPerClient = 2 }) { service in
            let first = try service.connect()
            #expect(try await first.ask(1, "127.0.0.1", target.port).reply == 0)
            let second = try service.connect()
            #expect(try await second.ask(1, "127.0.0.1", target.port).reply == 0)
            let third = try service.connect()
            #expect(try await third.receiveAll() == [])
            #expect(try await first.echoed("still here") == "still here")
            try await second.abort()
        }
    }

    @Test func connectsFromTheAddressThatItIsTold() async throws {
        let target = try await EchoServer()
        try await serving(change: { $0.outside = "127.0.0.5" }) { service in
            let connection = try service.connect()
            let reply = try await connection.ask(1, "127.0.0.1", target.port)
            #expect(reply.reply == 0)
            #expect(reply.address.host == .address([127, 0, 0, 5]))
            #expect(try await service.connect().ask(1, "::1", target.port).reply == 3)
        }
    }

    @Test func notesRequestsInAFile() async throws {
        let target = try await EchoServer()
        for format in SocksAccessLog.Format.allCases {
            let folder = try TemporaryFolder()
            try await serving(change: { settings in
                try settings.addAda()
                settings.accessLog.file = LocalPath(folder["log"])
                settings.accessLog.format = format
                settings.deny = [try SocksRule(text: "ports=25")]
            }) { service in
                for port in [target.port, 25] {
                    let connection = try service.connect()
                    try await connection.send(
                        bytes(5, 1, 2, 1, 3, "ada", 6, "secret") + TestConnection.request(1, "127.0.0.1", port))
                    #expect(try await connection.receive(count: 4) == [5, 2, 1, 0])
                    _ = try await connection.receiveReply()
                    _ = try await connection.echoed("123")
                }
            }
            let lines = try String(decoding: SmallFile.read(folder["log"], atMost: 10_000).bytes, as: UTF8.self)
                .split(separator: "\n").map(String.init).sorted { $0.contains("25") && !$1.contains("25") }
            try #require(lines.count == 2)
            switch format {
            case .common:
                #expect(lines[1].hasPrefix("127.0.0.1 - ada ["))
                #expect(lines[1].hasSuffix("] \"CONNECT 127.0.0.1:\(target.port) SOCKS5\" 0 3 3"))
                #expect(lines[0].hasSuffix("] \"CONNECT 127.0.0.1:25 SOCKS5\" 2 0 0"))
            case .json:
                let address = "\"address\":\"127.0.0.1:\(target.port)\""
                #expect(lines[1].contains("\"user\":\"ada\",\"command\":\"connect\""))
                #expect(lines[1].contains(address) && lines[1].contains("\"reply\":0,\"received\":3,\"sent\":3"))
                #expect(lines[0].contains("\"address\":null") && lines[0].contains("\"reply\":2"))
            }
        }
    }

    @Test func manyConnectionsAtOnceAreAllServed() async throws {
        let target = try await EchoServer()
        let state = TestState()
        try await serving(state: state) { service in
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                for number in 0..<100 {
                    tasks.addTask {
                        let connection = try service.connect()
                        #expect(try await connection.ask(1, "127.0.0.1", target.port).reply == 0)
                        let text = String(repeating: "\(number) ", count: 5000)
                        #expect(try await connection.echoed(text) == text)
                    }
                }
                try await tasks.waitForAll()
            }
        }
        #expect(try await state.value(Socks.counters).connect.granted == 100)
    }
}
