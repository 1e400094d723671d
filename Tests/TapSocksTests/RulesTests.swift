import TapNetwork
import TapSecrets
import TapTesting
import Taproom
import Testing

@testable import TapSocks

@Suite(.timeLimit(.minutes(2)))
struct RulesTests {
    private func rules(_ allow: [String] = [], deny: [String] = [], commands: [SocksCommand] = [.connect]) throws
        -> SocksRules
    {
        var settings = SocksSettings()
        settings.allow = try allow.map { try SocksRule(text: $0) }
        settings.deny = try deny.map { try SocksRule(text: $0) }
        settings.commands = OneOrMore(commands)
        return SocksRules(settings)
    }

    private func address(_ text: String) throws -> [UInt8] { try #require(Network.bytes(text)) }

    private func asker(_ text: String?, user: String? = nil) throws -> Asker {
        Asker(address: try text.map(address), user: user)
    }

    @Test func withoutRulesAllIsLetThroughButWhatIsNearTheServer() throws {
        let rules = try rules()
        let near = [
            "127.0.0.1", "127.9.9.9", "0.0.0.0", "169.254.169.254", "224.0.0.1", "255.255.255.255", "::1", "::",
            "fe80::1", "febf::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:169.254.1.1",
        ]
        let far = ["192.0.2.1", "10.0.0.1", "2001:db8::1", "fd00::1", "::ffff:192.0.2.1", "fec0::1"]
        for text in near {
            #expect(try rules.refusal(asker("192.0.2.7"), .connect, address(text), 80) == .near, "\(text)")
            for client in ["127.0.0.1", "::1", "::ffff:127.0.0.1", nil] {
                #expect(try rules.refusal(asker(client), .connect, address(text), 80) == nil)
            }
        }
        for text in far {
            #expect(try rules.refusal(asker("192.0.2.7"), .connect, address(text), 80) == nil, "\(text)")
        }
    }

    @Test func whatIsNearNeedsARuleThatNamesIt() throws {
        let near = try address("127.0.0.1")
        let client = try asker("192.0.2.7")
        for general in ["from=192.0.2.0/24", "ports=80", "to=0.0.0.0/0"] {
            let rules = try rules([general])
            #expect(rules.refusal(client, .connect, near, 80) == .near)
            #expect(try rules.refusal(client, .connect, address("198.51.100.1"), 80) == nil)
        }
        let rules = try rules(["from=192.0.2.0/24 to=127.0.0.0/8 ports=80"])
        #expect(rules.refusal(client, .connect, near, 80) == nil)
        #expect(rules.refusal(client, .connect, near, 81) == .notAllowed)
        #expect(try rules.refusal(client, .connect, address("::ffff:127.0.0.1"), 80) == nil)
    }

    @Test func rulesLookAtDestinationPortClientAndUser() throws {
        let rules = try rules(
            ["to=10.0.0.0/8,2001:db8::/32 ports=80,8000-8999", "from=192.0.2.0/24", "users=ada,bob"],
            deny: ["to=10.6.6.6", "ports=25", "users=eve"])
        func refusal(_ client: String, _ user: String?, _ text: String, _ port: UInt16) throws -> Refusal? {
            try rules.refusal(asker(client, user: user), .connect, address(text), port)
        }
        #expect(try refusal("203.0.113.1", nil, "10.1.2.3", 80) == nil)
        #expect(try refusal("203.0.113.1", nil, "10.1.2.3", 8999) == nil)
        #expect(try refusal("203.0.113.1", nil, "10.1.2.3", 9000) == .notAllowed)
        #expect(try refusal("203.0.113.1", nil, "2001:db8::5", 80) == nil)
        #expect(try refusal("203.0.113.1", nil, "11.1.2.3", 80) == .notAllowed)
        #expect(try refusal("192.0.2.9", nil, "11.1.2.3", 81) == nil)
        #expect(try refusal("203.0.113.1", "bob", "11.1.2.3", 81) == nil)
        #expect(try refusal("203.0.113.1", "Bob", "11.1.2.3", 81) == .notAllowed)
        #expect(try refusal("192.0.2.9", nil, "10.6.6.6", 80) == .denied)
        #expect(try refusal("192.0.2.9", "ada", "11.1.2.3", 25) == .denied)
        #expect(try refusal("192.0.2.9", "eve", "11.1.2.3", 80) == .denied)
        #expect(try refusal("192.0.2.9", nil, "::ffff:10.6.6.6", 80) == .denied)
    }

    @Test func commandsAreOnBySettingOrByRule() throws {
        let far = try address("198.51.100.1")
        let client = try asker("192.0.2.7")
        let usual = try rules()
        #expect(usual.refusal(client, .bind, far, 80) == .command)
        #expect(usual.refusal(client, .udp) == .command)
        let some = try rules(["from=192.0.2.0/24 commands=udp,connect ports=53", "from=192.0.2.7"])
        #expect(some.refusal(client, .udp) == nil)
        #expect(some.refusal(client, .udp, far, 53) == nil)
        #expect(some.refusal(client, .udp, far, 54) == .notAllowed)
        #expect(some.refusal(client, .bind) == .command)
        #expect(try some.refusal(asker("192.0.2.8"), .connect, far, 80) == .notAllowed)
        let all = try rules(deny: ["commands=udp"], commands: SocksCommand.allCases)
        #expect(all.refusal(client, .bind, far, 80) == nil)
        #expect(all.refusal(client, .udp, far, 80) == .denied)
        #expect(all.refusal(client, .udp) == .denied)
    }

    @Test(arguments: [
        ("", "\"\" must be written KEY=VALUE, with the keys to, ports, from, users, commands."),
        ("to", "\"to\" must be written KEY=VALUE, with the keys to, ports, from, users, commands."),
        ("to=10.0.0.0/33", "\"10.0.0.0/33\" is not a network such as 10.0.0.0/8."),
        ("port=80", "\"port\" is no part of a rule. Did you mean \"ports\"?"),
        ("ports=0", "\"0\" is not a port, or a range such as 80-89."),
        ("ports=90-80", "\"90-80\" is not a port, or a range such as 80-89."),
        ("commands=listen", "\"listen\" is not connect, bind or udp."),
    ])
    func saysWhatIsNoRule(text: String, problem: String) {
        let error = #expect(throws: SocksRuleError.self) { try SocksRule(text: text) }
        #expect(error?.description == problem)
    }
}
