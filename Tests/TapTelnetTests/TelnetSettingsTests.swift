import ArgumentParser
import Synchronization
import TapSecrets
import TapTesting
import Taproom
import Testing

@testable import TapTelnet

/// Who may log in, and from where.
struct TelnetSettingsTests {
    @Test func telnetIsAGoodKind() throws {
        var settings = TelnetSettings()
        var user = TelnetUser()
        user.password = try UserPassword(hash: PasswordHash("secret").text)
        user.role = .read
        settings.users = ["ada": user]
        settings.limits.tries = 5
        try KindConformance.check(Telnet.self, samples: [settings])
    }

    @Test func listensToThisMachineAloneUnlessItIsTold() throws {
        #expect(TelnetSettings().listen == [try Endpoint("tcp:4040:interface=127.0.0.1")])
        for text in ["tcp:4040", "tcp:4040:interface=192.0.2.1", "tcp:4040:interface=[::]", "systemd:telnet"] {
            var settings = TelnetSettings()
            settings.listen = [try Endpoint(text)]
            #expect(settings.problems().map(\.key) == ["listen"])
            #expect(settings.problems().first?.problem.contains("remote: true") == true)
            settings.remote = true
            #expect(settings.problems().isEmpty)
        }
    }

    @Test(arguments: ["tcp:0:interface=127.0.0.9", "tcp:0:interface=[::1]", "unix:/run/telnet.sock:mode=600"])
    func whatOnlyThisMachineReachesIsAllowed(text: String) throws {
        var settings = TelnetSettings()
        settings.listen = [try Endpoint(text)]
        #expect(settings.problems().isEmpty)
    }

    @Test func tlsIsRefusedWithAWayOut() throws {
        var settings = TelnetSettings()
        (settings.listen, settings.remote) = ([try Endpoint("tls:4040")], true)
        #expect(settings.problems().first?.problem.contains("ssh -L") == true)
    }

    @Test func usersHaveNamesAndPasswords() {
        var settings = TelnetSettings()
        settings.users = ["ada": TelnetUser(), "a\nb": TelnetUser()]
        #expect(settings.problems().map(\.key) == ["users", "users.a\nb.password", "users.ada.password"])
    }

    @Test func aPasswordIsMadeUpAndToldOnce() throws {
        let options = try TelnetOptions.parse([])
        var told: [String] = []
        let settings = try options.settings { told.append($0) }
        let sentence = try #require(told.first)
        #expect(told.count == 1 && sentence.hasPrefix("the password of admin is "))
        let password = try #require(sentence.dropFirst("the password of admin is ".count).split(separator: ".").first)
        #expect(password.count == 19)
        #expect(settings.users["admin"]?.password?.matches(String(password)) == true)
        let other = try options.settings { told.append($0) }
        #expect(other.users != settings.users && told.first != told.last)
    }

    @Test func aPasswordThatIsGivenIsHashedAndNotTold() throws {
        let options = try TelnetOptions.parse(["-u", "ada", "-w", "secret", "-p", "4041"])
        let settings = try options.settings { _ in Issue.record("nothing is to be told") }
        #expect(settings.users["ada"]?.password?.matches("secret") == true)
        #expect(settings.listen == [try Endpoint("tcp:4041:interface=127.0.0.1")])
    }

    @Test func withoutSomebodyToTellNoPasswordIsMadeUp() throws {
        #expect(throws: ValidationError.self) { try TelnetOptions.parse([]).settings() }
    }
}
