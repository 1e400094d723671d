import NIOCore
import Testing

@testable import TapInetd

struct AdmissionTests {
    private var admission = Admission(Admission.Limits(atOnce: 3, perSource: 2, perMinute: 4))
    private let start = NIODeadline.uptimeNanoseconds(1_000_000_000)
    private let ada = Source(try? SocketAddress(ipAddress: "192.0.2.1", port: 1))
    private let bob = Source(try? SocketAddress(ipAddress: "192.0.2.2", port: 1))

    private mutating func take(_ source: Source?, at now: NIODeadline) -> Bool {
        admission.room(at: now) == .free && admission.take(source)
    }

    @Test mutating func eachClientHasItsShare() {
        let answers = [ada, ada, ada, bob, bob].map { take($0, at: start) }
        // The last has its share, and there is no room.
        #expect(answers == [true, true, false, true, false])
        #expect(admission.room(at: start) == .full)
        admission.giveBack(ada)
        let isTaken = take(ada, at: start)
        #expect(isTaken)
    }

    @Test mutating func aMinuteHasSoManyStarts() {
        for second in 0..<4 {
            let isTaken = take(nil, at: start + .seconds(Int64(second)))
            #expect(isTaken)
            admission.giveBack(nil)
        }
        #expect(admission.room(at: start + .seconds(59)) == .later(start + .minutes(1)))
        #expect(admission.room(at: start + .minutes(1)) == .free)
    }

    @Test func clientsOfOneNetworkOfIPv6AreOne() throws {
        func source(_ address: String) throws -> Source? { Source(try SocketAddress(ipAddress: address, port: 9)) }
        #expect(try source("2001:db8::1") == source("2001:db8::2"))
        #expect(try source("2001:db8::1") != source("2001:db8:0:1::1"))
        #expect(try source("::ffff:192.0.2.1") == ada)
        #expect(try Source(SocketAddress(unixDomainSocketPath: "/a")) == nil)
    }
}
