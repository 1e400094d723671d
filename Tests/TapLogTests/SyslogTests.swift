import CTapSystem
import Glibc
import Logging
@testable import TapLog
import TapTesting
import Taproom
import Testing

/// A syslog daemon: a real socket that tests read from.
private final class Daemon {
    private let descriptor: CInt
    private var connection: CInt = -1

    init(_ path: String, _ type: __socket_type = SOCK_DGRAM) {
        descriptor = tap_socket(AF_UNIX, CInt(type.rawValue))
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        unlink(path)
        let code = withUnsafeBytes(of: address) { bytes in
            bytes.withMemoryRebound(to: sockaddr.self) { bind(descriptor, $0.baseAddress, socklen_t(bytes.count)) }
        }
        precondition(code == 0)
        if type == SOCK_STREAM { listen(descriptor, 8) }
    }

    deinit {
        close(descriptor)
        if connection >= 0 { close(connection) }
    }

    /// The next message, or what is there of a stream; nil when there is none.
    func receive() -> String? {
        if connection < 0, case let accepted = accept(descriptor, nil, nil), accepted >= 0 { connection = accepted }
        var buffer = [UInt8](repeating: 0, count: 65536)
        let count = recv(connection < 0 ? descriptor : connection, &buffer, buffer.count, CInt(MSG_DONTWAIT))
        return count < 0 ? nil : String(decoding: buffer[..<count], as: UTF8.self)
    }
}

@Suite struct SyslogTests {
    private func output(
        _ path: String, prefix: String = "tapd", _ format: LogConfiguration.Format = .text
    ) throws -> LogOutput {
        try LogOutput(
            LogConfiguration(destination: .syslog(prefix: prefix), format: format, level: .trace), syslogSocket: path)
    }

    /// What follows the time and the name of the machine.
    private func rest(_ message: String?) throws -> String {
        let pattern = #/<\d+>1 \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z [!-~]{1,255} (?<rest>.*)/#
        return String(try #require(message?.wholeMatch(of: pattern)).output.rest)
    }

    @Test func writesMessagesOfTheStandard() throws {
        try withTemporaryFolder { folder in
            let daemon = Daemon(folder + "/log")
            let logger = try output(folder + "/log").logger("test")
            logger.warning("odd", metadata: ["at": "tcp:80", "why": "a\nb", "naïve": "é", "password": "hunter2"])
            let message = daemon.receive()
            #expect(message?.hasPrefix("<28>1 2") == true)
            #expect(
                try rest(message)
                    == "tapd \(getpid()) - - \u{FEFF}odd at=tcp:80 naïve=é password=*** why=\"a\\nb\"")
            #expect(daemon.receive() == nil)
        }
    }

    @Test func hasTheSeveritiesOfTheStandard() throws {
        try withTemporaryFolder { folder in
            let daemon = Daemon(folder + "/log")
            let logger = try output(folder + "/log").logger("test")
            for level in Logger.Level.allCases { logger.log(level: level, "x") }
            let priorities = Logger.Level.allCases.compactMap { _ in daemon.receive()?.split(separator: ">").first }
            #expect(priorities == ["<31", "<31", "<30", "<29", "<28", "<27", "<26"])
        }
    }

    @Test(arguments: [
        ("www", "www"), ("my site\n", "mysite"), ("é", "-"),
        (String(repeating: "x", count: 60), String(repeating: "x", count: 48)),
    ])
    func thePrefixIsAName(prefix: String, expected: String) throws {
        try withTemporaryFolder { folder in
            let daemon = Daemon(folder + "/log")
            try output(folder + "/log", prefix: prefix).logger("test").notice("x")
            #expect(try rest(daemon.receive()) == "\(expected) \(getpid()) - - \u{FEFF}x")
        }
    }

    @Test func sendsObjectsWhenAskedTo() throws {
        try withTemporaryFolder { folder in
            let daemon = Daemon(folder + "/log")
            try output(folder + "/log", .json).logger("test").notice("x", metadata: ["a": "1"])
            let text = try rest(daemon.receive())
            #expect(text.contains("- - \u{FEFF}{\"time\":\""))
            #expect(text.hasSuffix("\"level\":\"notice\",\"message\":\"x\",\"a\":\"1\"}"))
        }
    }

    @Test func longMessagesAreCutBetweenCharacters() throws {
        try withTemporaryFolder { folder in
            let daemon = Daemon(folder + "/log")
            for length in 8000...8010 {
                let text = String(repeating: "x", count: length % 4) + String(repeating: "é", count: length)
                try output(folder + "/log").logger("test").notice("\(text)")
                let message = try #require(daemon.receive())
                #expect((8189...8192).contains(message.utf8.count))
                #expect(message.hasSuffix("éé…"))
            }
        }
    }

    @Test func findsADaemonThatWasRestarted() throws {
        try withTemporaryFolder { folder in
            var daemon: Daemon? = Daemon(folder + "/log")
            let log = try output(folder + "/log")
            let logger = log.logger("test")
            logger.notice("one")
            #expect(try rest(daemon?.receive()).hasSuffix("one"))
            daemon = nil
            logger.notice("two")
            logger.notice("three")
            daemon = Daemon(folder + "/log")
            logger.notice("four")
            #expect(try rest(daemon?.receive()).hasSuffix("2 lines of the log were lost"))
            #expect(try rest(daemon?.receive()).hasSuffix("four"))
            daemon = Daemon(folder + "/log")
            logger.notice("five")
            #expect(try rest(daemon?.receive()).hasSuffix("five"))
            let expected = ["one", "two", "three", "2 lines of the log were lost", "four", "five"]
            #expect(log.recent.newest(10).map(\.message) == expected)
        }
    }

    @Test func aDaemonThatDoesNotReadStopsNobody() throws {
        try withTemporaryFolder { folder in
            let daemon = Daemon(folder + "/log")
            let log = try output(folder + "/log")
            let logger = log.logger("test")
            for number in 0..<5000 { logger.notice("event", metadata: ["number": "\(number)"]) }
            var taken = 0
            while daemon.receive() != nil { taken += 1 }
            #expect(taken > 0 && taken < 5000)
            logger.notice("back")
            #expect(try rest(daemon.receive()).hasSuffix("\(5000 - taken) lines of the log were lost"))
            #expect(try rest(daemon.receive()).hasSuffix("back"))
        }
    }

    @Test func talksToAStreamToo() throws {
        try withTemporaryFolder { folder in
            let daemon = Daemon(folder + "/log", SOCK_STREAM)
            let logger = try output(folder + "/log").logger("test")
            logger.notice("one")
            logger.notice("two")
            let messages = try #require(daemon.receive()).split(separator: "\0", omittingEmptySubsequences: false)
            #expect(messages.count == 3)
            #expect(try rest(String(messages[0])).hasSuffix("\u{FEFF}one"))
            #expect(try rest(String(messages[1])).hasSuffix("\u{FEFF}two"))
            #expect(messages[2].isEmpty)
        }
    }

    @Test func saysWhenThereIsNoDaemon() throws {
        try withTemporaryFolder { folder in
            let error = #expect(throws: LogError.self) { try output(folder + "/log") }
            #expect(
                error?.description
                    == "cannot reach the syslog daemon at \(folder)/log: no such file or directory")
            #expect(error?.exitStatus == .cannotCreate)
        }
    }
}
