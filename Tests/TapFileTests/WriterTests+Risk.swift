import CoreMetrics
@testable import TapFile
import TapMetrics
import TapTesting
@testable import Taproom
import Testing

/// What a writer says of changes that a crash would lose, and of a disk that fails.
extension WriterTests {
    @Test func nothingIsAtRiskWhenNothingIsPending() async throws {
        try await withWriter { writer in
            #expect(writer.lossWindow == 0)
            let cell = try await open(WriterTests.late, writer)
            #expect(writer.lossWindow == 0)
            cell.update { $0 = 1 }
            #expect(writer.lossWindow > 0)
            try await writer.commit { _ in }
            #expect(writer.lossWindow == 0)
        }
    }

    @Test func theConditionSaysWhichPromiseIsAtRisk() async throws {
        try await withWriter { writer in
            let (late, minute) = (try await open(WriterTests.late, writer), try await open(WriterTests.minute, writer))
            await #expect(writer.answeredCondition() == WriterCondition())
            late.update { $0 = 1 }
            #expect(writer.condition.snapshotLossWindow > 0)
            #expect(writer.condition.promisedLossWindow == 0)
            try await writer.perform { _ in
                minute.update { $0 = 1 }
                #expect(writer.condition.promisedLossWindow > 0)
            }
        }
    }

    @Test func theConditionTellsOfADiskThatFailsUntilItWorksAgain() async throws {
        let registry = MetricsRegistry()
        try await withMetricsFactory(registry) {
            try await withWriter { writer in
                let cell = try await open(WriterTests.words, writer)
                try await cell.update { $0 = ["a"] }
                #expect(writer.condition.failure == nil)
                try await writer.perform { try $0.database.execute("PRAGMA max_page_count = 1") }
                await #expect(throws: TapFileError.self) {
                    try await cell.update { $0.append(String(repeating: "x", count: 100_000)) }
                }
                #expect(writer.condition.failure?.contains("full") == true)
                try await writer.perform { try $0.database.execute("PRAGMA max_page_count = 1000000") }
                // What was asked for can't be done: that says nothing about the disk.
                await #expect(throws: Refused.self) { try await writer.commit { _ in throw Refused() } }
                #expect(writer.condition.failure != nil)
                try await cell.update { $0 = ["b"] }
                #expect(writer.condition.failure == nil)
            }
        }
        let text = await registry.text()
        // The two updates that succeeded, and the end.
        #expect(text.contains("\ntaproom_commit_seconds_count 3\n"))
        #expect(text.contains("\ntaproom_commit_failures_total 1\n"))
    }

    @Test func theTimeAtRiskBeginsWithTheFirstChange() async throws {
        try await withWriter { writer in
            let (late, minute) = (try await open(WriterTests.late, writer), try await open(WriterTests.minute, writer))
            minute.update { $0 = 1 }
            try await eventually { writer.lossWindow == 0 }
            // More than a second has passed since anything was stored at the start, but nothing is older than this.
            let before = ContinuousClock.now
            late.update { $0 = 1 }
            let window = writer.lossWindow
            #expect(window <= (ContinuousClock.now - before) / .seconds(1))
            // Storing the other cell does not make this one safe.
            minute.update { $0 = 2 }
            try await eventually { minute.changedSince == nil }
            #expect(writer.lossWindow >= window)
        }
    }
}
