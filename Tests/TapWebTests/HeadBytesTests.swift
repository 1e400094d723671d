import NIOCore
import Testing

@testable import TapWeb

@Suite struct HeadBytesTests {
    @Test(arguments: UInt8.min...UInt8.max) func knowsWhichBytesMayStandWhere(byte: UInt8) {
        let isLetterOrDigit = (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte & 0xDF)
        #expect(ByteSet.token.contains(byte) == (isLetterOrDigit || "!#$%&'*+-.^_`|~".utf8.contains(byte)))
        #expect(ByteSet.fieldValue.contains(byte) == (byte >= 0x20 && byte != 0x7F || byte == 0x09))
        #expect(ByteSet.target.contains(byte) == ((0x21...0x7E).contains(byte) && byte != UInt8(ascii: "#")))
    }

    @Test(arguments: UInt8.min...UInt8.max) func findsAByteThatMayNotStandInAValueWhereverItIs(byte: UInt8) {
        for (length, place) in [(1, 0), (8, 0), (8, 3), (8, 7), (16, 8), (19, 7), (19, 15), (19, 18)] {
            // Neighbours that are at the limits, so that nothing carries over to them or from them.
            for neighbour in [0x09, 0x20, 0x7E, 0x80, 0xFF] as [UInt8] {
                var value = [UInt8](repeating: neighbour, count: length)
                value[place] = byte
                #expect(value.withUnsafeBytes { HeadReader.isFieldValue($0) } == ByteSet.fieldValue.contains(byte))
            }
        }
    }

    @Test func findsTheFirstFieldWithANameWhateverOthersLookLike() {
        let lines = lines("A: host: 1\r\nHos: 2\r\nHosts: 3\r\nX-Host: 4\r\nhOST:\t5 \r\nHost: 6\r\n")
        #expect(lines.first("host") == "5")
        #expect(lines.first("hos") == "2")
        #expect(lines.first("x") == nil)
        #expect(FieldLines().first("host") == nil)
    }

    @Test func passesFieldsInTheirOrderAndInOneForm() {
        let lines = lines("A: 1\r\nB: 2\r\nNo: 3\r\nC:4\r\nD:  5\r\nE: 6 \r\nF:\t7\r\nG: \r\nH:\r\nNo: 8\r\nI: 9\r\n")
        let passed = lines.filtered { name, _ in !name.elementsEqual("No".utf8) }
        var bytes = ByteBuffer()
        passed.write(to: &bytes)
        #expect(String(buffer: bytes) == "A: 1\r\nB: 2\r\nC: 4\r\nD: 5\r\nE: 6\r\nF: 7\r\nG: \r\nH: \r\nI: 9\r\n")
    }

    @Test func passesNothingWhenNothingIsWanted() {
        #expect(lines("A: 1\r\nB: 2\r\n").filtered { _, _ in false }.readableBytes == 0)
    }

    private func lines(_ text: String) -> FieldLines { FieldLines(checked: ByteBuffer(string: text)) }
}
