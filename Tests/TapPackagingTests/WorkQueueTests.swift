import Testing

@testable import TapPackaging

@Suite struct WorkQueueTests {
    private struct Refused: Error, Equatable {
        let number: Int
    }

    private func results(of numbers: [Int], _ body: @Sendable (Int) throws -> String) throws -> [String] {
        try WorkQueue.results(of: numbers) { queue in
            while let (place, number) = queue.next() { queue.end(place, Result { try body(number) }) }
        }
    }

    @Test func keepsTheOrder() throws {
        let numbers = Array(0..<1000)
        #expect(try results(of: numbers) { String($0) } == numbers.map { String($0) })
        #expect(try results(of: []) { String($0) }.isEmpty)
    }

    @Test func throwsTheFirstErrorWhicheverCameFirst() {
        for _ in 0..<100 {
            #expect(throws: Refused(number: 10)) {
                try results(of: Array(0..<100)) {
                    if $0 >= 10 { throw Refused(number: $0) }
                    return ""
                }
            }
        }
    }
}
