import NIOCore
import TapTesting
import Testing

@testable import TapSocks

@Suite(.timeLimit(.minutes(2)))
struct NegotiationTests {
    private static let hello = bytes(5, 1, 0)
    private static let example = bytes(5, 1, 0, 3, 11, "example.com", 443 as UInt16)
    private static let login = bytes(5, 2, 0, 2, 1, 3, "ada", 6, "secret")

    private func request(
        _ version: SocksVersion, _ command: SocksCommand, _ host: Destination.Host, _ port: UInt16
    ) -> SocksRequest {
        SocksRequest(version: version, command: command, destination: Destination(host: host, port: port))
    }

    @Test func versionFiveNamesItsDestinationInThreeWays() {
        let six = [UInt8](repeating: 0, count: 15) + [1]
        let ways: [([UInt8], Destination.Host)] = [
            (bytes(1, 10, 0, 0, 1), .address([10, 0, 0, 1])), (bytes(4, six), .address(six)),
            (bytes(3, 11, "example.com"), .name("example.com")), (bytes(3, 8, "10.0.0.1"), .address([10, 0, 0, 1])),
            (bytes(3, 3, "::1"), .address(six)),
        ]
        for (way, host) in ways {
            let talk = Talk([Self.hello + bytes(5, 1, 0) + way + bytes(8080 as UInt16)])
            #expect(talk.request == request(.five, .connect, host, 8080))
            #expect(talk.sent == [5, 0])
        }
    }

    @Test(arguments: [(1, SocksCommand.connect), (2, .bind), (3, .udp)])
    func versionFiveHasThreeCommands(number: Int, command: SocksCommand) {
        let talk = Talk([Self.hello, bytes(5, number, 0, 1, 1, 2, 3, 4, 1 as UInt16)])
        #expect(talk.request == request(.five, command, .address([1, 2, 3, 4]), 1))
    }

    @Test func versionFourHasAddressesAndFourANames() {
        let four = Talk([bytes(4, 1, 80 as UInt16, 10, 0, 0, 1, "me", 0)])
        #expect(four.request == request(.four, .connect, .address([10, 0, 0, 1]), 80))
        #expect(four.sent.isEmpty)
        let fourA = Talk([bytes(4, 2, 80 as UInt16, 0, 0, 0, 7, 0, "example.com", 0)])
        #expect(fourA.request == request(.fourA, .bind, .name("example.com"), 80))
        let any = Talk([bytes(4, 2, 0 as UInt16, 0, 0, 0, 0, 0)])
        #expect(any.request == request(.four, .bind, .address([0, 0, 0, 0]), 0))
    }

    @Test func keepsWhatComesBehindTheRequest() {
        #expect(Talk([Self.hello + Self.example + bytes("GET /")]).rest == bytes("GET /"))
        #expect(Talk([bytes(4, 1, 80 as UInt16, 10, 0, 0, 1, 0, "GET /")]).rest == bytes("GET /"))
        #expect(Talk([Self.login + Self.example + bytes("x")], asksForPassword: true).rest == bytes("x"))
    }

    @Test func asksForAPasswordWhereThereAreUsers() {
        let right = Talk([Self.login, Self.example], asksForPassword: true)
        #expect(right.checked == ["ada:secret"])
        #expect(right.sent == [5, 2, 1, 0])
        #expect(right.request == request(.five, .connect, .name("example.com"), 443))
        let wrong = Talk([bytes(5, 1, 2, 1, 3, "ada", 6, "Secret"), Self.example], asksForPassword: true)
        #expect(wrong.sent == [5, 2, 1, 1])
        #expect(wrong.problem == .wrongPassword)
        #expect(wrong.request == nil)
    }

    @Test(arguments: [
        bytes(1, 0, 6, "secret"), bytes(1, 2, 0xFF, 0xFE, 6, "secret"), bytes(1, 3, "ada", 1, 0xFF),
    ])
    func refusesNamesAndPasswordsThatCannotBeRight(message: [UInt8]) {
        let talk = Talk([bytes(5, 1, 2) + message], asksForPassword: true)
        #expect(talk.checked.isEmpty)
        #expect(talk.sent == [5, 2, 1, 1])
        #expect(talk.problem == .wrongPassword)
    }

    @Test func nobodyGetsInWithoutThePasswordThatIsAskedFor() {
        let silent = Talk([Self.hello, Self.example], asksForPassword: true)
        #expect(silent.sent == [5, 255])
        #expect(silent.problem == .noCommonMethod)
        for message in [bytes(4, 1, 80 as UInt16, 10, 0, 0, 1, 0), bytes(4, 1, 80 as UInt16, 0, 0, 0, 1, 0, "a.b", 0)] {
            let old = Talk([message], asksForPassword: true)
            #expect(old.sent == [0, 91, 0, 0, 0, 0, 0, 0])
            #expect(old.problem == .noPassword)
        }
        #expect(Talk([Self.login], asksForPassword: false).sent.starts(with: [5, 0]))
        #expect(Talk([bytes(5, 0)]).problem == .noCommonMethod)
        #expect(Talk([bytes(5, 1, 2)]).problem == .noCommonMethod, "where nobody has a password none is taken")
    }

    private static let failed: [UInt8] = [0, 91, 0, 0, 0, 0, 0, 0]

    private static func five(_ reply: UInt8) -> [UInt8] { [5, 0, 5, reply, 0, 1, 0, 0, 0, 0, 0, 0] }

    private static let mistakes: [([UInt8], [UInt8], NegotiationProblem)] = [
        (bytes("GET / HTTP/1.1"), [], .unknownVersion(0x47)), (bytes(0), [], .unknownVersion(0)),
        (bytes(22, 3, 1), [], .unknownVersion(22)),
        (hello + bytes(4), five(1), .malformed),
        (hello + bytes(5, 9, 0, 1, 1, 2, 3, 4, 0, 1), five(7), .unknownCommand(9)),
        (hello + bytes(5, 1, 0, 2), five(8), .unknownAddressType(2)),
        (hello + bytes(5, 1, 0, 3, 0, 0, 1), five(4), .badName),
        (hello + bytes(5, 1, 0, 3, 3, "a", 0, "b", 0, 1), five(4), .badName),
        (hello + bytes(5, 1, 0, 3, 3, "a b", 0, 1), five(4), .badName),
        (hello + bytes(5, 1, 0, 3, 2, 0xC3, 0xA9, 0, 1), five(4), .badName),
        (bytes(4, 3, 80 as UInt16, 10, 0, 0, 1, 0), failed, .unknownCommand(3)),
        (bytes(4, 1, 80 as UInt16, 0, 0, 0, 1, 0, 0), failed, .badName),
        (bytes(4, 1, 80 as UInt16, 0, 0, 0, 1, 0, "a\nb", 0), failed, .badName),
        (bytes(4, 1, 80 as UInt16, 10, 0, 0, 1) + [UInt8](repeating: 65, count: 256), failed, .malformed),
        (bytes(4, 1, 80 as UInt16, 0, 0, 0, 1, 0) + [UInt8](repeating: 65, count: 256), failed, .badName),
    ]

    @Test(arguments: mistakes.indices)
    func saysWhatIsWrongAndEnds(index: Int) {
        let (message, sent, problem) = Self.mistakes[index]
        let talk = Talk([message])
        #expect(talk.sent == sent)
        #expect(talk.problem == problem)
        #expect(talk.request == nil)
    }

    @Test func theLongestTextsAreTaken() {
        let name = String(repeating: "n", count: 255)
        let user = String(repeating: "u", count: 255)
        let fourA = Talk([bytes(4, 1, 80 as UInt16, 0, 0, 0, 1, user, 0, name, 0)])
        #expect(fourA.request?.destination.host == .name(name))
        let password = String(repeating: "p", count: 255)
        let five = Talk([bytes(5, 1, 2, 1, 255, user, 255, password)], asksForPassword: true)
        #expect(five.checked == ["\(user):\(password)"])
        #expect(Talk([bytes(5, 255) + [UInt8](repeating: 0, count: 255)]).sent == [5, 0])
    }

    private static let conversations: [([UInt8], asksForPassword: Bool)] =
        [
            (hello + example + bytes("more"), false), (login + example + bytes("more"), true),
            (bytes(5, 1, 2, 1, 3, "ada", 5, "wrong") + example, true),
            (bytes(4, 1, 80 as UInt16, 10, 0, 0, 1, "me", 0, "more"), false),
            (bytes(4, 1, 80 as UInt16, 0, 0, 0, 7, "me", 0, "example.com", 0, "more"), false),
            (hello + bytes(5, 3, 0, 4) + [UInt8](repeating: 7, count: 16) + bytes(53 as UInt16), false),
        ] + mistakes.map { ($0.0, false) }

    @Test func isTheSameHoweverItIsCut() {
        for (message, asks) in Self.conversations {
            let whole = Talk([message], asksForPassword: asks)
            #expect(Talk(message.map { [$0] }, asksForPassword: asks) == whole)
            for cut in message.indices {
                #expect(Talk([Array(message[..<cut]), Array(message[cut...])], asksForPassword: asks) == whole)
            }
        }
    }

    @Test func waitsForTheRestOfWhatIsCutOff() {
        for (message, asks) in Self.conversations {
            let whole = Talk([message], asksForPassword: asks)
            guard whole.request != nil else { continue }
            for end in 0..<(message.count - whole.rest.count) {
                let talk = Talk([Array(message[..<end])], asksForPassword: asks)
                #expect(talk.request == nil && talk.problem == nil)
                #expect(whole.sent.starts(with: talk.sent))
            }
        }
    }

    @Test func saysNothingAfterTheEnd() {
        var negotiation = Negotiation(asksForPassword: true)
        _ = negotiation.receive(ByteBuffer(bytes: bytes(9)))
        #expect(negotiation.receive(ByteBuffer(bytes: Self.login)) == [])
        #expect(negotiation.passwordChecked(true) == [])
    }

    @Test func whateverComesThereIsOneEndAndItIsTheSameHoweverItIsCut() {
        var random = SeededGenerator(seed: 1928)
        for round in 0..<6000 {
            var (message, asks) = Self.conversations.randomElement(using: &random) ?? ([], false)
            if round % 3 == 0 { asks.toggle() }
            for _ in 0..<Int.random(in: 0...4, using: &random) where !message.isEmpty {
                let place = Int.random(in: message.indices, using: &random)
                switch Int.random(in: 0...3, using: &random) {
                case 0: message[place] = UInt8.random(in: 0...255, using: &random)
                case 1: message.remove(at: place)
                case 2: message.insert(UInt8.random(in: 0...255, using: &random), at: place)
                default: message.insert(contentsOf: message[place...].prefix(300), at: place)
                }
            }
            let whole = Talk([message], asksForPassword: asks)
            #expect(whole.request == nil || whole.problem == nil)
            #expect(whole.checked.count <= 1)
            if asks { #expect(whole.request == nil || whole.checked.first?.hasSuffix(":secret") == true) }
            if case .name(let name)? = whole.request?.destination.host {
                #expect(name.utf8.allSatisfy { (0x21...0x7E).contains($0) } && name.utf8.count <= 255)
            }
            var pieces: [[UInt8]] = []
            var place = 0
            while place < message.count {
                let count = min(Int.random(in: 1...9, using: &random), message.count - place)
                pieces.append(Array(message[place..<(place + count)]))
                place += count
            }
            #expect(Talk(pieces, asksForPassword: asks) == whole, "\(message)")
        }
    }
}
