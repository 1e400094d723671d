import NIOCore
import TapTesting
import Testing

@testable import TapSocks

@Suite(.timeLimit(.minutes(2)))
struct DatagramTests {
    private func read(_ parts: [UInt8]) -> SocksDatagram? { SocksDatagram(ByteBuffer(bytes: parts)) }

    @Test func readsWhereADatagramGoes() {
        let datagram = read(bytes(0, 0, 0, 1, 10, 0, 0, 1, 53 as UInt16, "question"))
        #expect(datagram?.destination == Destination(host: .address([10, 0, 0, 1]), port: 53))
        #expect(datagram.map { String(buffer: $0.payload) } == "question")
        let named = read(bytes(0, 0, 0, 3, 3, "a.b", 53 as UInt16))
        #expect(named?.destination == Destination(host: .name("a.b"), port: 53))
        #expect(named?.payload.readableBytes == 0)
    }

    @Test func refusesPiecesOfDatagrams() {
        for number in [1, 0x7F, 0x80, 0x81] {
            #expect(read(bytes(0, 0, number, 1, 10, 0, 0, 1, 53 as UInt16, "x")) == nil)
        }
    }

    @Test func refusesWhatIsMalformed() {
        let good = bytes(0, 0, 0, 3, 3, "a.b", 53 as UInt16)
        for end in good.indices { #expect(read(Array(good[..<end])) == nil) }
        #expect(read(bytes(1, 0, 0, 1, 10, 0, 0, 1, 53 as UInt16)) == nil)
        #expect(read(bytes(0, 0, 0, 2, 10, 0, 0, 1, 53 as UInt16)) == nil)
        #expect(read(bytes(0, 0, 0, 3, 2, 0, 0, 53 as UInt16)) == nil)
    }

    @Test func writesWhatItReads() {
        var random = SeededGenerator(seed: 7)
        for _ in 0..<500 {
            let host: Destination.Host =
                switch Int.random(in: 0...2, using: &random) {
                case 0: .address((0..<4).map { _ in UInt8.random(in: 0...255, using: &random) })
                case 1: .address((0..<16).map { _ in UInt8.random(in: 0...255, using: &random) })
                default: .name(String(repeating: "x", count: Int.random(in: 1...255, using: &random)))
                }
            let destination = Destination(host: host, port: UInt16.random(in: 0...65535, using: &random))
            let payload = (0..<Int.random(in: 0...40, using: &random)).map { _ in
                UInt8.random(in: 0...255, using: &random)
            }
            let datagram = SocksDatagram(destination, ByteBuffer(bytes: payload))
            #expect(SocksDatagram(datagram.bytes()) == datagram)
        }
    }

    @Test func replySaysTheAddressAsItsVersionCan() {
        func reply(_ reply: SocksReply, _ version: SocksVersion, _ address: Destination) -> [UInt8] {
            var buffer = ByteBuffer()
            reply.write(version, address, to: &buffer)
            return Array(buffer.readableBytesView)
        }
        let four = Destination(host: .address([10, 0, 0, 1]), port: 80)
        let six = Destination(host: .address([UInt8](repeating: 9, count: 16)), port: 80)
        #expect(reply(.granted, .four, four) == [0, 90, 0, 80, 10, 0, 0, 1])
        #expect(reply(.granted, .fourA, six) == [0, 90, 0, 80, 0, 0, 0, 0])
        #expect(reply(.notAllowed, .four, .none) == [0, 91, 0, 0, 0, 0, 0, 0])
        #expect(reply(.granted, .five, four) == [5, 0, 0, 1, 10, 0, 0, 1, 0, 80])
        #expect(reply(.granted, .five, six) == [5, 0, 0, 4] + [UInt8](repeating: 9, count: 16) + [0, 80])
    }
}
