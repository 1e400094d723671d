import TapConfig
import TapTesting
import Testing

/// Whether mistakes are reported where they were made.
@Suite struct ErrorPlaceTests {
    /// How many texts were no descriptions any more, and how many of these had their first error on a right line.
    struct Count {
        var wrong = 0
        var right = 0
    }

    @Test func ofAHundredMistakesAtLeast95AreReportedOnTheRightLine() {
        var counts: [Mutation.Sort: Count] = [:]
        for fixture in DescriptionFixture.all {
            for (number, sort) in Mutation.Sort.allCases.enumerated() {
                var random = SeededGenerator(seed: UInt64(number))
                for _ in 0..<12 {
                    guard let mutation = Mutation(sort, in: fixture.text, &random) else { continue }
                    count(mutation, of: fixture, &counts[sort, default: Count()])
                }
            }
        }
        let wrong = counts.values.reduce(0) { $0 + $1.wrong }
        let right = counts.values.reduce(0) { $0 + $1.right }
        #expect(wrong >= 1500)
        #expect(right * 100 >= wrong * 95, "\(right) of \(wrong)")
        for (sort, count) in counts { #expect(count.right * 100 >= count.wrong * 90, "\(sort): \(count)") }
    }

    private func count(_ mutation: Mutation, of fixture: DescriptionFixture, _ count: inout Count) {
        do throws(DescriptionError) {
            _ = try DescriptionReader.read(
                mutation.text, file: fixture.name, folder: DescriptionFixture.folder, kinds: DescriptionFixture.kinds)
        } catch {
            count.wrong += 1
            if mutation.rightLines.contains(error.problems[0].line) { count.right += 1 }
        }
    }
}
