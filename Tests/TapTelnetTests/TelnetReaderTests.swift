import TapTesting
import Testing

@testable import TapTelnet

/// What telnet's bytes mean, however they are cut into pieces.
struct TelnetReaderTests {
    private static let command: UInt8 = 255

    private func events(_ bytes: [UInt8]) -> [TelnetReader.Event] {
        var reader = TelnetReader()
        return bytes.compactMap { reader.read($0) }
    }

    @Test func dataIsDataAndADoubledCommandByteIsOne() {
        #expect(events([65, 255, 255, 66]) == [.data(65), .data(255), .data(66)])
    }

    @Test func everyVerbNamesItsOption() {
        #expect(
            events([255, 251, 1, 255, 252, 3, 255, 253, 31, 255, 254, 0])
                == [.option(.will, 1), .option(.wont, 3), .option(.do, 31), .option(.dont, 0)])
    }

    @Test func commandsStandBetweenData() {
        #expect(events([65, 255, 244, 66, 255, 241]) == [.data(65), .command(244), .data(66), .command(241)])
    }

    @Test func aSubnegotiationHasItsBytesAndDoubledOnesOnce() {
        #expect(events([255, 250, 31, 0, 255, 255, 0, 24, 255, 240]) == [.subnegotiation(31, [0, 255, 0, 24])])
    }

    @Test func aSubnegotiationOfTheGreatestSizeIsKept() {
        let bytes = [UInt8](repeating: 7, count: TelnetReader.maximumBytes)
        #expect(events([255, 250, 24] + bytes + [255, 240]) == [.subnegotiation(24, bytes)])
    }

    @Test func aLongerSubnegotiationIsPassedOverAndWhatComesBehindItCounts() {
        let bytes = [UInt8](repeating: 7, count: 100_000)
        #expect(events([255, 250, 31] + bytes + [255, 240, 65]) == [.data(65)])
    }

    @Test func aSubnegotiationThatIsNeverEndedEndsWithTheNextCommand() {
        #expect(events([255, 250, 31, 0, 255, 253, 1, 65]) == [.option(.do, 1), .data(65)])
    }

    @Test func anEndWithoutABeginningIsNothing() { #expect(events([255, 240, 65]) == [.data(65)]) }

    @Test func aWireAnswersAndTypesTheSameHoweverItsBytesAreMixed() {
        var random = SeededGenerator(seed: 855)
        for _ in 0..<2000 {
            let bytes = (0..<40).map { _ in
                [255, 250, 240, 251, 253, 31, 1, 13, 10, 27, 91, 0xC3, 0xA4, 65].randomElement(using: &random) ?? 0
            }
            var wire = TelnetWire()
            let events = bytes.flatMap { wire.read(UInt8($0)) }
            let answers = events.filter { if case .answer = $0 { true } else { false } }
            // Never more than was asked.
            #expect(answers.count <= bytes.count / 3)
        }
    }
}
