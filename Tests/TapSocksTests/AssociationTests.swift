import NIOCore
import TapTesting
import Taproom
import Testing

@testable import TapSocks

@Suite(.timeLimit(.minutes(3)))
struct AssociationTests {
    private func allowUDP(_ settings: inout SocksSettings) { settings.commands = [.udp] }

    private func to(_ host: String, _ port: UInt16, _ text: String) -> [UInt8] {
        [0, 0, 0] + TestConnection.destination(host, port) + Array(text.utf8)
    }

    @Test(arguments: ["127.0.0.1", "localhost", "::1"])
    func datagramsGoToAndComeFromDestinations(host: String) async throws {
        let state = TestState()
        try await serving(state: state, change: allowUDP) { service in
            let control = try service.connect()
            let (reply, place) = try await control.ask(3, "0.0.0.0", 0)
            #expect(reply == 0)
            #expect(place.host == .address([127, 0, 0, 1]))
            let near = host == "::1" ? host : "127.0.0.1"
            let (client, destination) = (try DatagramPeer(), try DatagramPeer(near))
            for number in 1...3 {
                client.send(to(host, destination.port, "question \(number)"), to: place.port)
                let question = try await destination.receive()
                #expect(String(decoding: question.bytes, as: UTF8.self) == "question \(number)")
                destination.send(Array("answer".utf8), to: question.port)
                let answer = try await client.receive()
                #expect(answer.port == place.port)
                #expect(answer.bytes == to(near, destination.port, "answer"))
            }
            let large = String(repeating: "x", count: 60_000)
            client.send(to(near, destination.port, large), to: place.port)
            #expect(try await destination.receive().bytes.count == 60_000)
            try await control.finishSending()
            #expect(try await control.receiveAll() == [])
        }
        let counters = try await state.value(Socks.counters)
        #expect(counters.udp == .init(granted: 1, refused: 0, failed: 0))
        #expect(counters.bytes == .init(sent: 60_030, received: 18))
    }

    @Test func onlyTheClientAndThoseItHasSentToAreHeard() async throws {
        try await serving(change: allowUDP) { service in
            let control = try service.connect()
            let place = try await control.ask(3, "0.0.0.0", 0).address
            let (client, destination) = (try DatagramPeer(), try DatagramPeer())
            let (other, stranger) = (try DatagramPeer("127.0.0.8"), try DatagramPeer())
            // A wrong address first, then the client, and then another port of its address.
            other.send(to("127.0.0.1", destination.port, "other"), to: place.port)
            client.send(to("127.0.0.1", destination.port, "client"), to: place.port)
            let first = try await destination.receive()
            #expect(String(decoding: first.bytes, as: UTF8.self) == "client")
            stranger.send(to("127.0.0.1", destination.port, "stranger"), to: place.port)
            // What nobody was asked for does not come through either.
            other.send(Array("unasked".utf8), to: first.port)
            destination.send(Array("asked".utf8), to: first.port)
            #expect(try await client.receive().bytes == to("127.0.0.1", destination.port, "asked"))
            client.send(to("127.0.0.1", destination.port, "last"), to: place.port)
            #expect(String(decoding: try await destination.receive().bytes, as: UTF8.self) == "last")
            #expect(!destination.hasMore && !client.hasMore)
            withExtendedLifetime(control) {}
        }
    }

    @Test func theClientMaySayWhichPortItSendsFrom() async throws {
        try await serving(change: allowUDP) { service in
            let control = try service.connect()
            let (client, stranger, destination) = (try DatagramPeer(), try DatagramPeer(), try DatagramPeer())
            let place = try await control.ask(3, "127.0.0.1", client.port).address
            stranger.send(to("127.0.0.1", destination.port, "stranger"), to: place.port)
            client.send(to("127.0.0.1", destination.port, "client"), to: place.port)
            #expect(String(decoding: try await destination.receive().bytes, as: UTF8.self) == "client")
            #expect(!destination.hasMore)
            withExtendedLifetime(control) {}
        }
    }

    @Test func piecesAndNonsenseAreDropped() async throws {
        try await serving(change: { settings in
            allowUDP(&settings)
            settings.deny = [try SocksRule(text: "to=127.0.0.9")]
        }) { service in
            let control = try service.connect()
            let place = try await control.ask(3, "0.0.0.0", 0).address
            let (client, destination) = (try DatagramPeer(), try DatagramPeer())
            var piece = to("127.0.0.1", destination.port, "piece")
            piece[2] = 1
            let denied = to("127.0.0.9", destination.port, "denied")
            for bytes in [piece, [], [0], [0, 0, 0, 9], denied] { client.send(bytes, to: place.port) }
            client.send(to("127.0.0.1", destination.port, "whole"), to: place.port)
            #expect(String(decoding: try await destination.receive().bytes, as: UTF8.self) == "whole")
            withExtendedLifetime(control) {}
        }
    }

    @Test func anAssociationThatIsNotUsedEnds() async throws {
        try await serving(change: { settings in
            allowUDP(&settings)
            settings.limits.idle = TimeSpan(milliseconds: 1000)
        }) { service in
            let control = try service.connect()
            #expect(try await control.ask(3, "0.0.0.0", 0).reply == 0)
            #expect(try await control.receiveAll() == [])
        }
    }

    @Test func namesAndPeersAreBounded() {
        var names = DatagramNames()
        let waiting = DatagramNames.Waiting(payload: .init(), port: 1)
        let now = NIODeadline.now()
        #expect(names.look(up: "a", for: waiting, now: now) == .asks)
        for _ in 0..<15 { #expect(names.look(up: "a", for: waiting, now: now) == .waits) }
        #expect(names.look(up: "a", for: waiting, now: now) == .dropped)
        for number in 0..<63 { #expect(names.look(up: "\(number)", for: waiting, now: now) == .asks) }
        #expect(names.look(up: "b", for: waiting, now: now) == .dropped)
        #expect(names.found([1, 2, 3, 4], for: "a", now: now).count == 16)
        #expect(names.look(up: "a", for: waiting, now: now) == .known([1, 2, 3, 4]))
        #expect(names.found(nil, for: "1", now: now).count == 1)
        #expect(names.look(up: "1", for: waiting, now: now) == .dropped)
        // What was found is forgotten after a minute, which makes room.
        let later = now + .seconds(61)
        #expect(names.look(up: "b", for: waiting, now: later) == .asks)
        #expect(names.look(up: "a", for: waiting, now: later) == .asks)
        var peers = DatagramPeers(generationSize: 2)
        for number in 1...6 as ClosedRange<UInt8> { peers.insert([number]) }
        #expect((1...6 as ClosedRange<UInt8>).filter { peers.contains([$0]) } == [3, 4, 5, 6])
    }
}
