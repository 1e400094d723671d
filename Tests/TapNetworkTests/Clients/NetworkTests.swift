import TapNetwork
import Testing

@Suite(.timeLimit(.minutes(1)))
struct NetworkTests {
    @Test(arguments: [
        ("192.0.2.0/24", "192.0.2.255", true), ("192.0.2.0/24", "192.0.3.0", false), ("0.0.0.0/0", "1.2.3.4", true),
        ("10.128.0.0/9", "10.200.1.1", true), ("10.128.0.0/9", "10.127.255.255", false), ("10.1.2.3", "10.1.2.3", true),
        ("10.1.2.3", "10.1.2.4", false), ("2001:db8::/32", "2001:db8:1::1", true),
        ("2001:db8::/33", "2001:db8:8000::", false),
        ("::1", "::1", true), ("::/0", "::1", true), ("0.0.0.0/0", "::1", false), ("::/0", "1.2.3.4", false),
        ("192.0.2.0/24", "::ffff:192.0.2.7", true), ("192.0.2.0/24", "::ffff:192.0.3.7", false),
        ("::ffff:0.0.0.0/96", "::ffff:192.0.2.7", true),
    ])
    func networks(network: String, address: String, isInside: Bool) throws {
        let network = try #require(Network(network))
        #expect(network.contains(try #require(Network.bytes(address))) == isInside)
    }

    @Test(arguments: [
        "", "x", "192.0.2", "192.0.2.1/24", "192.0.2.0/33", "192.0.2.0/", "192.0.2.0/+8", "192.0.2.0/8/8", "::/129",
        "2001:db8::1/32",
        "192.0.2.0/-1", "1.2.3.4 ", "fe80::1%lo",
    ])
    func refusesWhatIsNoNetwork(text: String) {
        #expect(Network(text) == nil)
    }
}
