@testable import TapConfig
import TapData
import Taproom
import TapTesting
import Testing

/// What holds of every edit, on descriptions in many styles.
@Suite struct DescriptionEditorPropertyTests {
    @Test func thereAreManyFixtures() { #expect(DescriptionFixture.all.count >= 30) }

    @Test(arguments: DescriptionFixture.all)
    func anEditToTheSameChangesNothing(fixture: DescriptionFixture) throws {
        let application = try fixture.application(of: fixture.text)
        #expect(try Array(fixture.edited(to: application).utf8) == Array(fixture.text.utf8))
    }

    @Test(arguments: DescriptionFixture.all)
    func anyChangeIsWrittenAndTouchesOnlyItsLines(fixture: DescriptionFixture) throws {
        let before = try fixture.application(of: fixture.text)
        for seed in 1...12 as ClosedRange<UInt64> {
            var changes = RandomChanges(seed: seed)
            let wanted = changes.changed(before)
            let edited = try fixture.edited(to: wanted)
            #expect(
                try Description.datum(of: fixture.application(of: edited)) == Description.datum(of: wanted),
                "seed \(seed)")
            let kept = try KeptLines(fixture.text, from: before, to: wanted)
            let missing = kept.missing(in: edited)
            #expect(missing == nil, "seed \(seed): \(missing ?? "") is not kept in:\n\(edited)")
        }
    }
}
