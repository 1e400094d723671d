import NIOCore
import NIOHTTP1
import TapTesting
import Testing

@testable import TapWeb

/// The record of appendix B of the specification, "Typical Protocol Message Flow", 2: the server's answer to a request.
private let answer: [UInt8] =
    [1, 6, 0, 1, 0, 30, 2, 0] + Array("Content-type: text/html\r\n\r\n<html>".utf8.prefix(30)) + [0, 0]
    + [1, 6, 0, 1, 0, 0, 0, 0] + [1, 3, 0, 1, 0, 8, 0, 0] + [0, 0, 0, 0, 0, 0, 0, 0]

struct FastCGIRecordTests {
    private func records(_ pieces: [[UInt8]]) throws(ProgramProblem) -> [FastCGIRecord] {
        var reader = FastCGIReader()
        var records: [FastCGIRecord] = []
        for piece in pieces {
            reader.take(ByteBuffer(bytes: piece))
            while let record = try reader.next() { records.append(record) }
        }
        return records
    }

    @Test func writesPairsAsTheSpecificationSays() {
        var bytes = ByteBuffer()
        bytes.writeFastCGIPair("SERVER_PORT".utf8, "80".utf8)
        bytes.writeFastCGIPair("SERVER_ADDR".utf8, "199.170.183.42".utf8)
        #expect(
            Array(bytes.readableBytesView) == [11, 2] + Array("SERVER_PORT80".utf8) + [11, 14]
                + Array("SERVER_ADDR199.170.183.42".utf8))
        bytes.clear()
        bytes.writeFastCGIPair([1], Array(repeating: 2, count: 300))
        #expect(Array(bytes.readableBytesView.prefix(6)) == [1, 0x80, 0, 1, 0x2C, 1])
        bytes.clear()
        bytes.writeFastCGIPair(Array(repeating: 2, count: 127), Array(repeating: 2, count: 128))
        #expect(Array(bytes.readableBytesView.prefix(5)) == [127, 0x80, 0, 0, 128])
    }

    @Test func writesRecordsWithPadding() {
        var bytes = ByteBuffer()
        bytes.writeFastCGI(.input, 1, ByteBuffer(bytes: [7, 8, 9]))
        bytes.writeFastCGI(.input, 0x102)
        #expect(
            Array(bytes.readableBytesView) == [1, 5, 0, 1, 0, 3, 5, 0, 7, 8, 9, 0, 0, 0, 0, 0, 1, 5, 1, 2, 0, 0, 0, 0])
    }

    @Test func writesLongContentInSeveralRecords() throws {
        let content = ByteBuffer(repeating: 7, count: 200_000)
        var bytes = ByteBuffer()
        bytes.writeFastCGI(.input, 1, content)
        let parts = try records([Array(bytes.readableBytesView)])
        #expect(parts.count == 4)
        #expect(parts.reduce(into: ByteBuffer()) { $0.writeImmutableBuffer($1.content) } == content)
    }

    @Test func readsRecordsInPiecesOfEverySize() throws {
        let whole = try records([answer])
        #expect(whole.map(\.kind) == [.output, .output, .endRequest])
        #expect(whole[0].content.readableBytes == 30)
        for split in 0...answer.count {
            #expect(try records([Array(answer[..<split]), Array(answer[split...])]) == whole)
        }
        #expect(try records(answer.map { [$0] }) == whole)
    }

    @Test(arguments: [
        [2, 6, 0, 1, 0, 0, 0, 0], [1, 0, 0, 1, 0, 0, 0, 0], [1, 12, 0, 1, 0, 0, 0, 0], Array("HTTP/1.1".utf8),
    ])
    func refusesWhatIsNoRecord(bytes: [UInt8]) {
        #expect(throws: ProgramProblem.self) { try records([bytes]) }
    }

    @Test func survivesAnyBytes() {
        var random = SeededGenerator(seed: 7)
        for _ in 0..<2000 {
            var bytes = answer
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            let split = Int.random(in: 0...bytes.count, using: &random)
            _ = try? records([Array(bytes[..<split]), Array(bytes[split...])])
        }
    }

    @Test func readsEnds() throws {
        let good = try FastCGIEnd(ByteBuffer(bytes: [0, 0, 1, 2, 0, 9, 9, 9]))
        #expect(good.status == 258)
        #expect(good.problem == nil)
        #expect(try FastCGIEnd(ByteBuffer(bytes: [0, 0, 0, 0, 2, 0, 0, 0])).problem?.status == .serviceUnavailable)
        #expect(try FastCGIEnd(ByteBuffer(bytes: [0, 0, 0, 0, 1, 0, 0, 0])).problem?.status == .badGateway)
        #expect(throws: ProgramProblem.self) { try FastCGIEnd(ByteBuffer(bytes: [0, 0, 0, 0, 4, 0, 0, 0])) }
        #expect(throws: ProgramProblem.self) { try FastCGIEnd(ByteBuffer(bytes: [0, 0, 0, 0, 0])) }
    }
}
