import Testing

@testable import TapTelnet

/// What a connection says of options, and how texts go over it.
struct TelnetWireTests {
    private func events(_ wire: inout TelnetWire, _ bytes: [UInt8]) -> [TelnetWire.Event] {
        bytes.flatMap { wire.read($0) }
    }

    @Test func offersToEchoAndAsksForTheSizeOfTheWindow() {
        var wire = TelnetWire()
        let bytes = wire.begin()
        #expect(bytes == [255, 251, 3, 255, 251, 1, 255, 251, 0, 255, 253, 3, 255, 253, 31, 255, 253, 0])
        #expect(!wire.isEchoOurs)
    }

    @Test func echoIsOursWhenTheClientAgreesAndNotWhenItRefuses() {
        var wire = TelnetWire()
        _ = wire.begin()
        #expect(events(&wire, [255, 253, 1]) == [])
        #expect(wire.isEchoOurs)
        #expect(events(&wire, [255, 254, 1]) == [.answer([255, 252, 1])])
        #expect(!wire.isEchoOurs)
    }

    @Test func otherOptionsAreRefused() {
        var wire = TelnetWire()
        #expect(events(&wire, [255, 251, 24]) == [.answer([255, 254, 24])])
        #expect(events(&wire, [255, 253, 37]) == [.answer([255, 252, 37])])
        // A client never echoes for us.
        #expect(events(&wire, [255, 251, 1]) == [.answer([255, 254, 1])])
    }

    @Test func whatIsOffAlreadyIsNotAnswered() {
        var wire = TelnetWire()
        #expect(events(&wire, [255, 252, 24, 255, 254, 24]) == [])
    }

    @Test func aLoopOfOptionsIsAbuse() {
        var wire = TelnetWire()
        let loop = [UInt8]([255, 253, 3, 255, 254, 3])
        let events = (0..<200).flatMap { _ in self.events(&wire, loop) }
        #expect(events.contains(.abuse))
        #expect(events.filter { $0 != .abuse }.count <= TelnetNegotiation.maximumRequests)
    }

    @Test(arguments: [([0, 80, 0, 24], 80), ([1, 0, 0, 24], 256), ([0, 0, 0, 0], 0)])
    func theSizeOfTheWindowIsTold(bytes: [UInt8], columns: Int) {
        var wire = TelnetWire()
        #expect(events(&wire, [255, 250, 31] + bytes + [255, 240]) == [.width(columns)])
    }

    @Test(arguments: [[0, 80], [0, 80, 0, 24, 0], []])
    func aSizeThatIsNoneIsPassedOver(bytes: [UInt8]) {
        var wire = TelnetWire()
        #expect(events(&wire, [255, 250, 31] + bytes + [255, 240]) == [])
    }

    @Test func commandsAreKeys() {
        var wire = TelnetWire()
        #expect(
            events(&wire, [255, 244, 255, 243, 255, 247, 255, 248, 255, 241])
                == [.key(.interrupt), .key(.interrupt), .key(.backspace), .key(.deleteToStart)])
    }

    @Test func whoAsksWhetherSomebodyIsThereIsAnswered() {
        var wire = TelnetWire()
        #expect(events(&wire, [255, 246]) == [.answer(Array("\r\n[yes]\r\n".utf8))])
    }

    @Test func linesEndWithReturnAndLineFeed() {
        #expect(TelnetWire.bytes(of: "a\nä\tb\n") == Array("a\r\nä\tb\r\n".utf8))
    }

    @Test func whatWouldMoveTheTerminalIsShownUnlessItIsOurs() {
        #expect(TelnetWire.bytes(of: "\u{1B}[2Ja\u{9B}b\r\u{7}") == Array("\u{FFFD}[2Ja\u{FFFD}b\u{FFFD}\u{FFFD}".utf8))
        #expect(TelnetWire.bytes(of: "\u{1B}[K", isOurs: true) == Array("\u{1B}[K".utf8))
    }
}
