import Testing

@testable import TapWeb

struct ByteRangesTests {
    @Test(
        arguments: [
            ("bytes=0-0", [0..<1]), ("bytes=0-", [0..<100]), ("bytes=10-19", [10..<20]), ("bytes=90-200", [90..<100]),
            ("bytes=-5", [95..<100]), ("bytes=-500", [0..<100]), ("Bytes=1-2", [1..<3]),
            ("bytes=0-1,5-6", [0..<2, 5..<7]),
            ("bytes=5-6, 0-1", [5..<7, 0..<2]), ("bytes=0-1,,3-4", [0..<2, 3..<5]), ("bytes= 1-2 ", [1..<3]),
            ("bytes=0-9,5-14", [0..<15]), ("bytes=0-,0-,0-", [0..<100]), ("bytes=0-1,200-300", [0..<2]),
            ("bytes=0-99999999999999999999999", [0..<100]), ("bytes=20-29,0-9,25-34", [0..<10, 20..<35]),
        ] as [(String, [Range<Int64>])])
    func findsRanges(field: String, ranges: [Range<Int64>]) {
        #expect(ByteRanges(field, size: 100) == .ranges(ranges))
    }

    @Test(arguments: [
        "bytes", "bytes=", "bytes=-", "bytes=a-b", "bytes=5", "bytes=5-4", "bytes=1-2-3", "lines=1-2", "bytes=--5",
        "bytes=0x1-2", "bytes=1 - 2", "bytes=+1-2", "bytes=0-1,x", "=0-1", "",
    ])
    func ignoresWhatItDoesNotUnderstand(field: String) { #expect(ByteRanges(field, size: 100) == .ignored) }

    @Test(arguments: ["bytes=100-", "bytes=100-200", "bytes=-0", "bytes=200-,300-", "bytes=99999999999999999999-"])
    func findsNothingOutside(field: String) { #expect(ByteRanges(field, size: 100) == .unsatisfiable) }

    @Test func findsNothingInAnEmptyFile() {
        #expect(ByteRanges("bytes=0-", size: 0) == .unsatisfiable)
        #expect(ByteRanges("bytes=-1", size: 0) == .unsatisfiable)
    }

    @Test func ignoresHundredsOfRanges() {
        let field = "bytes=" + (0..<33).map { "\($0 * 2)-\($0 * 2)" }.joined(separator: ",")
        #expect(ByteRanges(field, size: 1000) == .ignored)
    }
}
