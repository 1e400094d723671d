import ArgumentParser
import Logging
import NIOCore
import TapAccessLog
import TapData
import TapNetwork
import TapSecrets
import TapTesting
import Taproom
import Testing

@testable import TapSocks

@Suite(.timeLimit(.minutes(2)))
struct SettingsTests {
    private func settings(_ change: (inout SocksSettings) throws -> Void) rethrows -> SocksSettings {
        var settings = SocksSettings()
        try change(&settings)
        return settings
    }

    private func options(_ words: String...) throws -> SocksSettings {
        try SocksOptions.parse(words).settings()
    }

    @Test func socksIsAGoodKind() throws {
        let full = try settings { settings in
            settings.listen = try [Endpoint("tcp:1080"), Endpoint("unix:/run/socks.sock")]
            try settings.addAda()
            settings.commands = [.connect, .udp]
            settings.allow = [
                try SocksRule(text: "to=10.0.0.0/8,::1 ports=80,8000-8999 from=192.0.2.0/24 users=ada commands=udp"),
                try SocksRule(text: "ports=443"),
            ]
            settings.deny = [try SocksRule(text: "ports=25")]
            settings.outside = "192.0.2.1"
            settings.limits.connections = 5
        }
        try KindConformance.check(Socks.self, samples: [full])
    }

    @Test func listensForThisMachineOnlyUnlessSomebodyIsNamed() throws {
        func problems(_ endpoint: String, _ change: (inout SocksSettings) throws -> Void = { _ in }) throws -> [String]
        {
            try settings { settings in
                settings.listen = [try Endpoint(endpoint)]
                try change(&settings)
            }.problems().map(\.problem)
        }
        for near in [
            "tcp:1080:interface=127.0.0.1", "tcp:1080:interface=127.8.8.8", "tcp:1080:interface=[::1]", "unix:/s",
        ] {
            #expect(try problems(near) == [])
        }
        for far in ["tcp:1080", "tcp:1080:interface=192.0.2.1", "tcp:1080:interface=[::]", "systemd:socks"] {
            let sentence = try problems(far)
            #expect(sentence.count == 1)
            #expect(sentence.first?.contains("which others can reach, and nothing says who may use it") == true)
            #expect(try problems(far) { try $0.addAda() } == [])
            #expect(try problems(far) { $0.authenticate.file = LocalPath("/x") } == [])
            #expect(try problems(far) { $0.allow = [try SocksRule(text: "from=10.0.0.0/8")] } == [])
            let half = try [SocksRule(text: "from=10.0.0.0/8"), SocksRule(text: "ports=80")]
            #expect(try problems(far) { $0.allow = half }.count == 1)
            #expect(try problems(far) { $0.deny = [try SocksRule(text: "from=10.0.0.0/8")] }.count == 1)
        }
    }

    @Test func saysWhatIsWrong() throws {
        let problems = try settings { settings in
            settings.listen = [try Endpoint("tls:1080:interface=127.0.0.1")]
            settings.outside = "here"
            settings.allow = [try SocksRule(text: "users=ada")]
        }.problems()
        #expect(problems.map(\.key) == ["listen", "outside", "allow.0.users"])
        let name = settings { settings in
            settings.authenticate.users = ["a:b": (try? UserPassword(hash: quickHash))].compactMapValues { $0 }
        }
        #expect(name.problems().map(\.key) == ["authenticate.users"])
    }

    @Test(arguments: [
        (Datum.integer(443), "443"), ("443", "443"), ("8000-8999", "8000-8999"), ("80-80", "80"), ("0443", "443"),
    ])
    func portsAreNumbersOrRanges(value: Datum, text: String) throws {
        let range = try DatumDecoder().decode(PortRange.self, from: value)
        #expect(range.description == text)
        #expect(try DatumDecoder().decode(PortRange.self, from: DatumEncoder().encode(range)) == range)
    }

    @Test(arguments: [
        Datum.integer(0), .integer(65_536), .integer(-1), "", "-", "1-", "-1", "9-8", "0-5", "x", "1-2-3", .bool(true),
    ])
    func otherPortsAreRefused(value: Datum) {
        #expect(throws: (any Error).self) { try DatumDecoder().decode(PortRange.self, from: value) }
    }

    @Test func optionsAreThoseOfTheOriginalAndMore() throws {
        #expect(try options() == SocksSettings())
        #expect(try options("-p", "1081").listen == [Endpoint("tcp:1081:interface=127.0.0.1")])
        #expect(try options("-i", "::1", "--port", "0").listen == [Endpoint("tcp:0:interface=[::1]")])
        #expect(try options("--listen", "unix:/s").listen == [Endpoint("unix:/s")])
        #expect(try options("-l", "/log").accessLog.file == LocalPath("/log"))
        let full = try options(
            "--user", "ada:\(quickHash)", "--password-file", "/users", "--command", "connect", "--command", "bind",
            "--allow", "from=10.0.0.0/8 ports=80,443", "--deny", "to=10.6.6.6")
        #expect(full.authenticate.users["ada"]?.matches("secret") == true)
        #expect(full.authenticate.file == LocalPath("/users"))
        #expect(full.commands == [.connect, .bind])
        #expect(full.allow == [try SocksRule(text: "ports=80,443 from=10.0.0.0/8")])
        #expect(full.deny == [try SocksRule(text: "to=10.6.6.6")])
        #expect(try options("--user", "bob:s:x").authenticate.users["bob"]?.matches("s:x") == true)
    }

    @Test(arguments: [
        (["--port", "x"], "--port must be a number from 0 to 65535, but is \"x\"."),
        (["-i", "eth0"], "--interface must be an address of this machine, but is \"eth0\"."),
        (["-p", "1", "--listen", "tcp:2"], "--listen takes the place of --interface and --port: keep one of them."),
        (["--user", "secret"], "--user must be written NAME:PASSWORD."),
        (["--user", "ada:{SHA}x"], "--user: the password of \"ada\" is hashed with SHA-1 without a salt"),
        (["--command", "listen"], "--command must be connect, bind or udp, but is \"listen\"."),
        (["--allow", "host=a"], "--allow: \"host\" is no part of a rule."),
        (["--deny", "to=a"], "--deny: \"a\" is not a network such as 10.0.0.0/8."),
    ])
    func optionsThatMakeNoSenseAreRefused(words: [String], problem: String) throws {
        let error = #expect(throws: (any Error).self) { try SocksOptions.parse(words).settings() }
        #expect("\(error.map { SocksOptions.message(for: $0) } ?? "")".contains(problem))
    }

    @Test func countersHaveRoomForSoManyUsers() {
        var counters = SocksCounters()
        for number in 0..<1500 { counters.add(.connect, .granted, for: "user \(number)") }
        counters.add(.init(sent: 1, received: 2), for: "user 3")
        counters.add(.init(sent: 1, received: 2), for: "user 1400")
        #expect(counters.users.count == SocksCounters.mostUsers)
        #expect(counters.users["user 3"] == .init(requests: 1, sent: 1, received: 2))
        #expect(counters.otherUsers == .init(requests: 500, sent: 1, received: 2))
        #expect(counters.connect.granted == 1500)
    }

    @Test func refusalsAreNotSaidTooOften() {
        let log = RecordedLog()
        let refusals = RefusalLog(log.logger)
        let start = NIODeadline.now()
        for _ in 0..<1000 { refusals.say("no", [:], now: start) }
        #expect(log.text.split(separator: "\n").count == RefusalLog.most)
        refusals.say("no", [:], now: start + .seconds(11))
        #expect(log.text.hasSuffix("\"unsaid\": 990]"))
    }
}
