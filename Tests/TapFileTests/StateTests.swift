@testable import TapFile
import Taproom
import Testing

@Suite struct StateTests {
    @Test func aValueIsOverwrittenInPlaceUntilItIsCaptured() throws {
        try withOpenTap { tap in
            for number in 1...100 { try tap.set(Int64(number)) }
            try #expect(tap.count("state") == 1)
            try #expect(tap.number() == 100)
        }
    }

    @Test func aSnapshotIsOneRowHoweverMuchStateThereIs() throws {
        try withOpenTap { tap in
            for cell in 0..<500 { try tap.set(1, cell: "cell\(cell)") }
            let before = try ["state", "service", "application", "base"].map(tap.count)
            _ = try tap.snapshot()
            try #expect(["state", "service", "application", "base"].map(tap.count) == before)
            try #expect(tap.count("revision") == 2)
        }
    }

    @Test func aChangeAfterASnapshotCostsOneRow() throws {
        try withOpenTap { tap in
            for cell in 0..<500 { try tap.set(1, cell: "cell\(cell)") }
            _ = try tap.snapshot()
            for number in 2...9 { try tap.set(Int64(number), cell: "cell7") }
            try #expect(tap.count("state") == 500)
            try #expect(tap.count("past") == 1)
        }
    }

    @Test func everyRevisionKeepsItsValues() throws {
        try withOpenTap { tap in
            for number in 1...5 {
                try tap.set(Int64(number))
                _ = try tap.snapshot()
            }
            try tap.set(6)
            try #expect((1...6).map { try tap.number(at: $0) } == [nil, 1, 2, 3, 4, 5])
            try #expect(tap.number() == 6)
        }
    }

    @Test func knowsWhetherStateIsCaptured() throws {
        try withOpenTap { tap in
            try #expect(!tap.hasUncapturedState())
            try tap.set(1)
            try #expect(tap.hasUncapturedState())
            _ = try tap.snapshot()
            try #expect(!tap.hasUncapturedState())
        }
    }

    @Test func versionAndBytesAreKept() throws {
        try withOpenTap { tap in
            let stored = StoredValue(version: 7, bytes: (0...255).map { UInt8($0) })
            let address = try tap.address("web", "é")
            try tap.commit { try tap.setState(address, stored) }
            try #expect(tap.stateValue(address) == stored)
            try tap.commit { try tap.setState(address, StoredValue(version: 8, bytes: [])) }
            try #expect(tap.stateValue(address) == StoredValue(version: 8, bytes: []))
            try #expect(tap.stateValue(tap.address("web", "e\u{301}")) == nil)
        }
    }

    @Test(arguments: [
        ("INSERT INTO state VALUES (99, 'a', x'', 1, x'00', 2)", "the state \"a\" belongs to no service"),
        ("UPDATE state SET value = x'9f'", "the value of \"count\" of service 1 can't be read"),
        ("UPDATE state SET born = 77", "1 rows of \"state\" hold in no revision"),
        ("UPDATE service SET born = 77", "1 rows of \"service\" hold in no revision"),
        ("UPDATE service SET settings = 'x'", "settings of the service \"web\" can't be read"),
        ("DELETE FROM application", "it has 0 applications"),
    ])
    func plantedDamageIsFound(sql: String, finding: String) throws {
        try withOpenTap { tap in
            try tap.set(1)
            try #expect(tap.integrityFindings() == [])
            try tap.database.execute(sql)
            try #expect(tap.integrityFindings() == [finding])
        }
    }

    @Test func damagedPagesAreFound() throws {
        try withTap { path in
            let tap = try Tap(opening: path, for: .writing)
            for cell in 0..<300 { try tap.set(1, cell: "cell\(cell)") }
            try tap.close()
            var content = try bytes(of: path)
            let middle = content.count / 4096 / 2 * 4096
            for offset in middle..<middle + 200 { content[offset] = 0xAA }
            try write(content, to: path)
            let error = tapError {
                let damaged = try Tap(opening: path, for: .reading)
                let findings = try damaged.integrityFindings()
                #expect(findings.isEmpty == false)
                #expect(findings.allSatisfy { $0.hasPrefix("the file: ") })
            }
            if let error { #expect(error.exitStatus == .badData) }
        }
    }
}
