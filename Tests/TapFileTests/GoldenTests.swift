import Glibc
import TapData
@testable import TapFile
import TapTesting
import Taproom
import Testing

/// Taps that were written by the programs of each format: every later version opens them.
@Suite struct GoldenTests {
    /// The folder of this file has no fixtures; the one beside it has.
    private func fixture(_ name: String) -> String {
        #filePath.split(separator: "/").dropLast(2).reduce("") { "\($0)/\($1)" } + "/Fixtures/\(name)"
    }

    /// Runs a body with a copy of a golden tap, so that the original stays as it is.
    private func withGolden(_ name: String, _ body: (String) throws -> Void) throws {
        try withTemporaryFolder { folder in
            try write(bytes(of: fixture(name)), to: "\(folder)/\(name)")
            try body("\(folder)/\(name)")
        }
    }

    @Test(arguments: [1, 2], [Tap.Access.reading, .writing])
    func numbersAreReadInEveryFormat(format: Int, access: Tap.Access) throws {
        try withGolden("numbers-\(format).tap") { path in
            let tap = try Tap(opening: path, for: access)
            #expect(try tap.application().services.map(\.kind) == ["fibonacci"])
            #expect(try tap.history().map(\.kind).prefix(4) == [.made, .snapshot, .snapshot, .rollback])
            #expect(try tap.history().map(\.snapshot).prefix(4) == [nil, "three", nil, nil])
            #expect(try tap.history().map(\.status).last == .active)
            func pair(at revision: Int?) throws -> Datum? { try tap.state(at: revision).first?.datum() }
            #expect(try pair(at: 1) == nil)
            #expect(try pair(at: 2) == .object(["first": .string("2"), "second": .string("3")]))
            #expect(try pair(at: 3) == .object(["first": .string("5"), "second": .string("8")]))
            #expect(try pair(at: 4) == .object(["first": .string("2"), "second": .string("3")]))
            #expect(try pair(at: nil) == .object(["first": .string("3"), "second": .string("5")]))
            #expect(try tap.integrityFindings() == [])
            try tap.close()
        }
    }

    @Test(arguments: [1, 2])
    func aSiteIsReadInEveryFormat(format: Int) throws {
        try withGolden("web-\(format).tap") { path in
            let tap = try Tap(opening: path, for: .writing)
            #expect(try tap.application().services.map(\.name) == ["web", "spare"])
            #expect(try tap.application(at: 3).services.map(\.name) == ["web", "spare", "web-2"])
            #expect(try tap.application().services[1].isEnabled == false)
            #expect(try tap.application().services[1].restart.atMost == 3)
            #expect(try tap.base()?.name == "site.yaml")
            #expect(try tap.base()?.text.hasPrefix("# The golden description.\n") == true)
            let counters = try tap.state().first?.datum().object?["requests"]?.object
            #expect(counters?["2xx"] == .integer(5))
            #expect(try tap.rollBack(3) != nil)
            #expect(try tap.application().services.count == 3)
            try tap.close()
        }
    }

    @Test func aTapOfFormatOneStaysBesideTheNewOne() throws {
        try withGolden("numbers-1.tap") { path in
            let old = try bytes(of: path)
            let reader = try Tap(opening: path, for: .reading)
            try reader.close()
            #expect(try bytes(of: path) == old)
            try Tap(opening: path, for: .writing).close()
            #expect(try bytes(of: path + ".format-1") == old)
            #expect(
                try names(in: String(path.dropLast("/numbers-1.tap".count))) == [
                    "numbers-1.tap", "numbers-1.tap.format-1",
                ])
            let tap = try Tap(opening: path, for: .reading)
            #expect(try tap.latestRevision() == 4)
            try tap.close()
            var file = stat()
            #expect(stat(path, &file) == 0 && file.st_mode & 0o777 == 0o600)
        }
    }
}
