import NIOCore
import NIOPosix
import TapTesting
import Taproom
import Testing

@testable import TapSocks

@Suite(.timeLimit(.minutes(3)))
struct BindTests {
    private func allowBind(_ settings: inout SocksSettings) { settings.commands = [.connect, .bind] }

    private func port(_ destination: Destination) -> TestAddress { .tcp(host: "127.0.0.1", port: destination.port) }

    @Test(arguments: ["127.0.0.1", "0.0.0.0", "localhost"])
    func aConnectionFromOutsideIsJoinedWithTheClient(host: String) async throws {
        let state = TestState()
        try await serving(state: state, change: allowBind) { service in
            let client = try service.connect()
            let first = try await client.ask(2, host, 0)
            #expect(first.reply == 0)
            #expect(first.address.host == .address([127, 0, 0, 1]) && first.address.port > 0)
            // What is sent before the other side is there waits for it.
            try await client.send("early ")
            let outside = try TestConnection(to: port(first.address))
            let second = try await client.receiveReply()
            #expect(second.reply == 0)
            #expect(second.address.host == .address([127, 0, 0, 1]))
            try await client.send("to outside")
            #expect(try await outside.receive(count: 16) == Array("early to outside".utf8))
            try await outside.send("to the client")
            try await outside.finishSending()
            #expect(try await client.receiveAll() == Array("to the client".utf8))
        }
        let counters = try await state.value(Socks.counters)
        #expect(counters.bind.granted == 1)
        #expect(counters.bytes == .init(sent: 16, received: 13))
    }

    @Test func waitsAtAnAddressOfTheSameFamilyAsTheOneThatIsExpected() async throws {
        try await serving(change: allowBind) { service in
            let client = try service.connect()
            let first = try await client.ask(2, "::1", 0)
            #expect(first.reply == 0)
            let sixth = [UInt8](repeating: 0, count: 15) + [1]
            #expect(first.address.host == .address(sixth))
            let outside = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .connect(host: "::1", port: Int(first.address.port)).get()
            let second = try await client.receiveReply()
            #expect(second.reply == 0)
            #expect(second.address.host == .address(sixth))
            try await outside.writeAndFlush(ByteBuffer(string: "hello"))
            #expect(try await client.receive(count: 5) == Array("hello".utf8))
            try await outside.close()
            #expect(try await client.receiveAll() == [])
        }
    }

    @Test func versionFourWaitsAsWell() async throws {
        try await serving(change: allowBind) { service in
            let client = try service.connect()
            try await client.send(bytes(4, 2, 9 as UInt16, 127, 0, 0, 1, 0))
            let reply = try await client.receive(count: 8)
            #expect(reply[1] == 90)
            let place = Destination(host: .name("x"), port: UInt16(reply[2]) << 8 | UInt16(reply[3]))
            let outside = try TestConnection(to: port(place))
            #expect(try await client.receive(count: 8)[1] == 90)
            try await outside.send("x")
            #expect(try await client.receive(count: 1) == Array("x".utf8))
        }
    }

    @Test func othersThanTheOneWhoIsExpectedAreTurnedAway() async throws {
        try await serving(change: allowBind) { service in
            let client = try service.connect()
            let first = try await client.ask(2, "127.0.0.7", 0)
            #expect(first.reply == 0)
            let stranger = try TestConnection(to: port(first.address))
            #expect(try await stranger.receiveAll() == [])
        }
    }

    @Test func nobodyIsWaitedForForEver() async throws {
        let state = TestState()
        try await serving(
            state: state,
            change: { settings in
                allowBind(&settings)
                settings.limits.accept = TimeSpan(milliseconds: 1000)
            }
        ) { service in
            let client = try service.connect()
            let first = try await client.ask(2, "0.0.0.0", 0)
            #expect(try await client.receiveReply().reply == 4)
            #expect(try await client.receiveAll() == [])
            #expect(throws: TestFailure.self) { try TestConnection(to: port(first.address)) }
        }
        #expect(try await state.value(Socks.counters).bind == .init(granted: 0, refused: 0, failed: 1))
    }

    @Test func theSocketIsClosedWhenTheClientLeaves() async throws {
        try await serving(change: allowBind) { service in
            let client = try service.connect()
            let first = try await client.ask(2, "0.0.0.0", 0)
            try await client.finishSending()
            #expect(try await client.receiveAll() == [])
            #expect(throws: TestFailure.self) { try TestConnection(to: port(first.address)) }
        }
    }

    @Test func rulesAreAboutWhoConnects() async throws {
        try await serving(change: { settings in
            settings.commands = [.bind]
            settings.deny = [try SocksRule(text: "to=127.0.0.0/8")]
        }) { service in
            #expect(try await service.connect().ask(2, "127.0.0.1", 0).reply == 2)
            let client = try service.connect()
            let first = try await client.ask(2, "0.0.0.0", 0)
            #expect(first.reply == 0)
            #expect(try await TestConnection(to: port(first.address)).receiveAll() == [])
        }
    }
}
