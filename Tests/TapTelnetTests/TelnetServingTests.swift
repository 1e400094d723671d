import Logging
import TapSecrets
import TapTesting
import Taproom
import Testing

@testable import TapTelnet

/// The service with clients on real sockets, and an application that answers anything.
@Suite(.timeLimit(.minutes(3)))
struct TelnetServingTests {
    /// What the service says first of options.
    private static let greeting = TelnetWire().begun
    private static let agreeing: [UInt8] = [
        255, 253, 1, 255, 253, 3, 255, 251, 31, 255, 250, 31, 0, 60, 0, 24, 255, 240,
    ]

    private func settings(_ change: (inout TelnetSettings) -> Void = { _ in }) throws -> TelnetSettings {
        var settings = TelnetSettings()
        settings.limits.delay = TimeSpan(milliseconds: 1)
        for (name, role) in [("ada", TelnetUser.Role.write), ("eve", .read)] {
            var user = TelnetUser()
            user.password = try UserPassword(hash: Self.hash)
            user.role = role
            settings.users[name] = user
        }
        change(&settings)
        return settings
    }

    /// That of "secret", as cheap as argon2id can be.
    private static let hash =
        "$argon2id$v=19$m=8,t=1,p=1$BVlAKd+DUSS7yNbB5diZ5Q$K3hr358jbBFQyO6wqXmb95IdXcc1MK1O5MeGSG8HQqM"

    private func serving(
        _ settings: TelnetSettings, _ shell: FakeShell = FakeShell(), _ body: (RunningService) async throws -> Void
    ) async throws {
        try await withService(Telnet.self, settings: settings, shell: shell, body)
    }

    /// A client that has seen the first prompt.
    private func client(of service: RunningService, agreeing: Bool = true) async throws -> TestConnection {
        let client = try service.connect()
        #expect(try await client.receive(count: Self.greeting.count) == Self.greeting)
        _ = try await client.receive(through: "login: ")
        if agreeing { try await client.send(Self.agreeing) }
        return client
    }

    private func logIn(_ client: TestConnection, _ name: String, _ password: String = "secret") async throws {
        try await client.send("\(name)\r\n")
        _ = try await client.receive(through: "password: ")
        try await client.send("\(password)\r\n")
    }

    @Test func whoLogsInIsAnsweredByTheApplication() async throws {
        let shell = FakeShell()
        try await serving(settings(), shell) { service in
            let client = try await client(of: service)
            try await logIn(client, "ada")
            #expect(try await client.receive(through: "fake> ").contains("fake: logged in as ada. "))
            try await client.send("say 'a b' ä\r\n")
            #expect(try await client.receive(through: "fake> ").hasSuffix("say 'a b' ä\r\na b|ä\r\nfake> "))
            try await client.send("quit\r\n")
            #expect(try await client.receiveAll() == Array("quit\r\nGoodbye.\r\n".utf8))
        }
        let ada = ShellPerson(name: "ada", origin: "telnet", mayChange: true)
        #expect(shell.questions == [.init(words: ["say", "a b", "ä"], person: ada)])
    }

    @Test func aClientThatAgreesToNothingSendsLinesAndIsNotEchoed() async throws {
        try await serving(settings()) { service in
            let client = try await client(of: service, agreeing: false)
            try await client.send("eve\nsecret\nsay hello\nquit\n")
            let text = String(decoding: try await client.receiveAll(), as: UTF8.self)
            #expect(text.hasPrefix("password: fake: logged in as eve. You may look, and change nothing. "))
            #expect(text.hasSuffix("\r\nfake> hello\r\nfake> Goodbye.\r\n"))
        }
    }

    @Test func whoSendsAllAtOnceAndEndsIsStillAnswered() async throws {
        try await serving(settings()) { service in
            let client = try await client(of: service, agreeing: false)
            try await client.send("ada\nsecret\nsay one\nsay two\n")
            try await client.finishSending()
            let text = String(decoding: try await client.receiveAll(), as: UTF8.self)
            #expect(text.hasSuffix("fake> one\r\nfake> two\r\nfake> "))
        }
    }

    @Test func echoIsOursFromTheFirstKeyOn() async throws {
        try await serving(settings()) { service in
            let client = try await client(of: service, agreeing: false)
            try await client.send([255, 253, 1] + Array("ada\r\n".utf8))
            #expect(try await client.receive(through: "password: ") == "ada\r\npassword: ")
        }
    }

    @Test func whoMayLookOnlyIsNamedSo() async throws {
        let shell = FakeShell()
        try await serving(settings(), shell) { service in
            let client = try await client(of: service, agreeing: false)
            try await client.send("eve\nsecret\nsay\nquit\n")
            _ = try await client.receiveAll()
        }
        #expect(shell.questions.map(\.person) == [ShellPerson(name: "eve", origin: "telnet", mayChange: false)])
    }

    @Test(arguments: ["ada", "nobody"]) func wrongPasswordsEndTheConnection(name: String) async throws {
        let shell = FakeShell()
        try await serving(settings(), shell) { service in
            let client = try await client(of: service)
            for _ in 0..<2 {
                try await logIn(client, name, "wrong")
                let answer = try await client.receive(through: "login: ")
                #expect(answer.hasSuffix("\r\nLogin incorrect.\r\nlogin: ") && !answer.contains("wrong"))
            }
            try await logIn(client, name, "wrong")
            #expect(String(decoding: try await client.receiveAll(), as: UTF8.self) == "\r\nLogin incorrect.\r\n")
        }
        #expect(shell.questions.isEmpty)
    }

    @Test func wrongPasswordsAreLoggedWithTheirSourceAndWithoutWhatMayBeAPassword() async throws {
        let log = TestLog()
        try await withService(
            Telnet.self, settings: settings { $0.limits.tries = 2 }, logger: log.logger, shell: FakeShell()
        ) { service in
            let client = try await client(of: service, agreeing: false)
            try await client.send("ada\nwrong\n")
            _ = try await client.receive(through: "login: ")
            try await client.send("my password\nwrong\n")
            _ = try await client.receiveAll()
        }
        #expect(log.lines.filter { $0.contains("login refused") }.count == 2)
        #expect(log.lines.contains { $0.contains("login refused") && $0.contains("ada") && $0.contains("127.0.0.1") })
        #expect(!log.lines.contains { $0.contains("my password") || $0.contains("wrong") })
    }

    @Test func onlySoManyMayBeLoggingInAtOnce() async throws {
        try await serving(settings { $0.limits.logins = 2 }) { service in
            let first = try await client(of: service)
            let second = try await client(of: service)
            let third = try service.connect()
            let refusal = Array("Too many are logging in. Try again later.\r\n".utf8)
            #expect(try await third.receiveAll() == refusal)
            // Who is logged in does not count any more.
            try await logIn(first, "ada")
            _ = try await first.receive(through: "fake> ")
            _ = try await client(of: service)
            withExtendedLifetime(second) {}
        }
    }

    @Test func loggingInHasItsTime() async throws {
        try await serving(settings { $0.limits.login = TimeSpan(milliseconds: 1000) }) { service in
            let client = try await client(of: service)
            #expect(
                String(decoding: try await client.receiveAll(), as: UTF8.self) == "\r\nLogging in took too long.\r\n")
        }
    }

    @Test func whoTypesNothingForLongIsSentAway() async throws {
        try await serving(settings { $0.limits.idle = TimeSpan(milliseconds: 1000) }) { service in
            let client = try await client(of: service)
            try await logIn(client, "ada")
            let text = String(decoding: try await client.receiveAll(), as: UTF8.self)
            #expect(text.hasSuffix("fake> \r\nThis session ends: nothing was typed for long.\r\n"))
        }
    }

    @Test(arguments: [[3], [255, 244, 255, 242]] as [[UInt8]])
    func whatGoesOnForEverIsInterrupted(bytes: [UInt8]) async throws {
        try await serving(settings()) { service in
            let client = try await client(of: service)
            try await logIn(client, "ada")
            try await client.send("follow me\r\n")
            _ = try await client.receive(through: "\r\nme\r\n")
            try await client.send(bytes)
            #expect(try await client.receive(through: "fake> ") == "interrupted\r\nfake> ")
        }
    }

    @Test func theEndOfTheServiceEndsSessionsAndWhatGoesOnForEver() async throws {
        var clients: [TestConnection] = []
        try await serving(settings()) { service in
            for line in ["", "follow me\r\n"] {
                let client = try await client(of: service)
                try await logIn(client, "ada")
                try await client.send(line)
                _ = try await client.receive(through: line.isEmpty ? "fake> " : "\r\nme\r\n")
                clients.append(client)
            }
        }
        for client in clients {
            let text = String(decoding: try await client.receiveAll(), as: UTF8.self)
            #expect(text.hasSuffix("This session ends: the service stops, or begins anew. Connect again.\r\n"))
        }
    }

    @Test func otherUsersCountAtOnceAndThoseWhoAreGoneAreSentAway() async throws {
        let access = TelnetAccess(try settings())
        let ada = try #require(access.settings.users["ada"])
        let person = TelnetAccess.Person(name: "ada", user: ada)
        #expect(access.isAdmitted(person))
        access.use(try settings { $0.users["ada"]?.role = .read })
        #expect(!access.isAdmitted(person))
        access.use(try settings { $0.users["ada"] = nil })
        #expect(!access.isAdmitted(person))
    }

    @Test func withoutAnApplicationThereIsNoService() async throws {
        await #expect(throws: TelnetError.noShell) {
            try await withService(Telnet.self, settings: settings()) { _ in }
        }
    }

    @Test func aUnixSocketIsServedToo() async throws {
        let folder = try TemporaryFolder()
        try await serving(settings { $0.listen = [Endpoint(.unix(path: folder["shell"], mode: 0o600))] }) { service in
            let client = try await client(of: service, agreeing: false)
            try await client.send("ada\nsecret\nquit\n")
            #expect(String(decoding: try await client.receiveAll(), as: UTF8.self).hasSuffix("Goodbye.\r\n"))
        }
    }

    @Test func tabCompletesAndIsShown() async throws {
        try await serving(settings()) { service in
            let client = try await client(of: service)
            try await logIn(client, "ada")
            _ = try await client.receive(through: "fake> ")
            try await client.send("sa\ta\r\n")
            #expect(try await client.receive(through: "\r\na\r\nfake> ").contains("say "))
        }
    }
}

extension TelnetWire {
    /// What is sent first.
    fileprivate var begun: [UInt8] {
        var wire = self
        return wire.begin()
    }
}
