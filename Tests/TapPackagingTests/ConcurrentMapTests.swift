import Testing

@testable import TapPackaging

@Suite struct ConcurrentMapTests {
    private struct Refused: Error, Equatable {
        let number: Int
    }

    @Test func keepsTheOrder() throws {
        let numbers = Array(0..<1000)
        #expect(try numbers.concurrentMap { String($0) } == numbers.map { String($0) })
        #expect(try [Int]().concurrentMap { $0 }.isEmpty)
    }

    @Test func throwsTheFirstErrorWhicheverCameFirst() {
        for _ in 0..<100 {
            #expect(throws: Refused(number: 10)) {
                try (0..<100).map { $0 }.concurrentMap { if $0 >= 10 { throw Refused(number: $0) } }
            }
        }
    }
}
