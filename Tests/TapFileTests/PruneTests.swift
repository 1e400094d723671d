@testable import TapFile
import Taproom
import Testing

@Suite struct PruneTests {
    private func retention(keep: Int? = nil, hourly: Int? = nil, daily: Int? = nil, size: ByteCount? = nil) -> Retention
    {
        var retention = Retention()
        (retention.keep, retention.hourly, retention.daily, retention.size) = (keep, hourly, daily, size)
        return retention
    }

    /// A tap with 20 revisions, of which the tenth has a name.
    private func withHistory(_ body: (Tap) throws -> Void) throws {
        try withOpenTap { tap in
            for number in 2...20 {
                try tap.set(Int64(number))
                if number % 4 == 0 {
                    _ = try tap.change(to: application(service("web", greeting: "\(number)")))
                } else {
                    _ = try tap.snapshot(number == 10 ? "ten" : nil)
                }
            }
            try tap.set(21)
            try body(tap)
            try #expect(tap.integrityFindings() == [])
            try #expect(tap.number() == 21)
        }
    }

    @Test func theNewestAndTheNamedStay() throws {
        try withHistory { tap in
            let pruned = try tap.prune(retention(keep: 3))
            #expect(pruned.revisions == Array(1...9) + Array(11...17))
            try #expect(tap.history().map(\.revision) == [10, 18, 19, 20])
            try #expect([10, 18, 19, 20].map { try tap.number(at: $0) } == [10, 18, 19, 20])
            try #expect(tap.greeting(at: 10) == "8")
            try #expect(tap.count("past") == 4)
            try #expect(tap.rollBack(10) == 22)
            try #expect(tap.number() == 10)
            try tap.set(21)
        }
    }

    @Test func aNamedSnapshotGoesWhenItIsNamed() throws {
        try withHistory { tap in
            try #expect(tap.prune(Retention(), snapshots: ["ten"]).revisions == [10])
            #expect(throws: TapFileError.self) { _ = try tap.checkRevision(10) }
            try #expect(tap.number(at: 9) == 9)
            try #expect(tap.number(at: 11) == 11)
        }
    }

    @Test func withoutRulesNothingGoes() throws {
        try withHistory { tap in
            try #expect(tap.prune(Retention()).revisions == [])
        }
    }

    @Test func hoursAndDaysKeepTheirNewest() throws {
        try withHistory { tap in
            for number in 1...20 {
                // Five days, four revisions each, two in an hour.
                let (day, hour) = ((number - 1) / 4 + 1, (number - 1) % 4 / 2 + 8)
                try tap.database.execute(
                    "UPDATE revision SET time = '2026-01-0\(day)T0\(hour):\(10 + number):00.000Z' WHERE number = \(number)"
                )
            }
            try #expect(
                tap.prune(retention(hourly: 3, daily: 4)).revisions == [1, 2, 3, 4, 5, 6, 7, 9, 11, 13, 14, 15, 17, 19])
            try #expect(tap.history().map(\.revision) == [8, 10, 12, 16, 18, 20])
        }
    }

    @Test func aTapThatIsTooLargeLosesItsOldestPoints() throws {
        try withOpenTap { tap in
            for number in 1...60 {
                let bytes = [UInt8](repeating: UInt8(number), count: 20_000)
                try tap.commit { try tap.setState(tap.address("web"), StoredValue(version: 1, bytes: bytes)) }
                _ = try tap.snapshot(number == 30 ? "pinned" : nil)
            }
            let limit = ByteCount(bytes: 400_000)
            let pruned = try tap.prune(retention(size: limit))
            #expect(pruned.size <= limit.bytes)
            let left = try tap.history()
            #expect(left.count > 5 && left.count < 30)
            #expect(left.contains { $0.snapshot == "pinned" } && left.last?.revision == 61)
            try tap.checkpoint()
            try #expect(bytes(of: tap.path).count <= Int(limit.bytes) + 16 * 4096)
        }
    }

    @Test func theStateOfAServiceThatIsGoneFromAllPointsGoesToo() throws {
        try withOpenTap(application(service("web"), service("api"))) { tap in
            try tap.set(1, of: "api")
            _ = try tap.change(to: application(service("web")))
            _ = try tap.snapshot()
            try #expect(tap.count("state") == 1)
            _ = try tap.prune(retention(keep: 1))
            try #expect(tap.count("state") == 0)
            _ = try tap.change(to: application(service("web"), service("api")))
            try #expect(tap.number("api") == nil)
        }
    }
}
