import ArgumentParser
import ServiceLifecycle
import TapData
@testable import TapFile
import TapTesting
@testable import Taproom
import Testing

/// A kind as it is today, and what it was.
private struct Shop: ServiceKind {
    static let word = "shop"
    static let formerWords = ["store"]
    static let summary = "Sells."

    struct SettingsV1: SettingsGroup {
        var port = 80
        var title = ""
    }
    struct SettingsV2: SettingsGroup {
        var ports: [Int] = [80]
        var title = ""
    }
    struct Settings: ServiceSettings {
        var ports: [Int] = [80]
        var heading = "Shop"
    }
    struct Options: ServiceOptions { func settings() throws -> Settings { Settings() } }

    static var settingsMigration: Migration<Settings> {
        Migration(from: SettingsV1.self)
            .to(SettingsV2.self) { SettingsV2(ports: [$0.port], title: $0.title) }
            .to(Settings.self) { old in
                guard old.title != "bad" else { throw NoWay() }
                return Settings(ports: old.ports, heading: old.title)
            }
    }

    struct Order: Codable, Sendable, Equatable { var items: [String] }
    static let orders = Table(
        "orders", formerly: ["baskets"], of: Order.self, by: Int.self, durability: .always,
        migration: Migration(from: String.self).to(Order.self) { Order(items: [$0]) })
    static let total = Cell(
        "total", initial: 0, durability: .always,
        migration: Migration(from: String.self).to(Int.self) { text in
            guard let number = Int(text) else { throw NoWay() }
            return number
        })
    static let state: [any StateDeclaration] = [orders, total]

    static func makeService(settings: Settings, context: ServiceContext) async throws -> any Service { throw NoWay() }
}

private struct NoWay: Error, CustomStringConvertible { var description: String { "there is no way" } }

@Suite struct MigrationTests {
    @Test func aKindShowsWhatEachOlderVersionStored() throws {
        let settings = [1: #"{"port": 8080, "title": "Cheese"}"#, 2: #"{"ports": [1, 2]}"#]
        let state = ["orders": [1: #""brie""#], "total": [1: #""7""#]]
        try KindConformance.check(Shop.self, oldSettings: settings, oldState: state)
        for (oldSettings, oldState, problem) in [
            ([1: "{}"], state, "settings: no example shows what version 2 stored"),
            (settings, ["orders": [1: #""brie""#]], "\"total\": no example shows what version 1 stored"),
            ([1: #"{"title": "bad"}"#, 2: "{}"], state, "settings of version 1 can't be migrated: there is no way"),
            ([1: "[]", 2: "{}"], state, "settings of version 1 are no group of keys"),
            (settings, ["orders": [1: "1"], "total": [1: #""7""#]], "\"orders\" of version 1 can't be migrated"),
            (settings, state.merging(["x": [:]]) { $1 }, "there is no cell or table \"x\""),
        ] {
            let error = #expect(throws: TestFailure.self) {
                try KindConformance.check(
                    Shop.self, oldSettings: oldSettings, oldState: oldState)
            }
            #expect(error?.description.contains(problem) == true, "\(String(describing: error))")
        }
    }

    private let kinds = KindList([Shop.self])

    private func old(_ settings: DatumObject = ["port": .integer(8080), "title": .string("Cheese")]) -> Application {
        application(
            ServiceDefinition(name: "web", kind: "store", settingsVersion: 1, settings: settings), service("else"))
    }

    private func put(_ datum: Datum, _ cell: String, _ key: StateKey = .cell, version: Int = 1, in tap: Tap) throws {
        var address = try tap.address("web", cell)
        address.key = key
        try tap.commit { try tap.setState(address, StoredValue(version: version, bytes: CBOR.encode(datum))) }
    }

    @Test func everythingComesIntoItsPresentForm() throws {
        try withOpenTap(old()) { tap in
            try put(.string("42"), "total", in: tap)
            for number in 1...3 as ClosedRange<Int64> {
                try put(.string("brie \(number)"), "baskets", .integer(number), in: tap)
            }
            try put(.string("?"), "unknown", in: tap)
            let identity = try tap.identities()["web"]
            let pending = try tap.pendingMigrations(kinds: kinds)
            #expect(
                pending.map(\.text) == [
                    "web: kind store -> shop", "web: settings 1 -> 3", "web: baskets as orders 1 -> 2 (3 rows)",
                    "web: total 1 -> 2",
                ])
            try #expect(tap.history().count == 1)
            try #expect(tap.commit { try tap.migrate(kinds: kinds, by: ada) } == pending)
            let service = try tap.application().services[0]
            #expect((service.kind, service.settingsVersion) == ("shop", 3))
            #expect(service.settings == ["ports": .array([.integer(8080)]), "heading": .string("Cheese")])
            try #expect(tap.identities()["web"] == identity)
            let state = try tap.state()
            #expect(state.map(\.address.cell) == ["orders", "orders", "orders", "total", "unknown"])
            #expect(state.map(\.value.version) == [2, 2, 2, 2, 1])
            try #expect(state[0].datum() == .object(["items": .array([.string("brie 1")])]))
            try #expect(state[3].datum() == .integer(42))
            try #expect(tap.history().map(\.kind) == [.made, .snapshot, .migration])
            try #expect(tap.pendingMigrations(kinds: kinds) == [])
            try #expect(tap.integrityFindings() == [])
            // What was before can be looked at and had back.
            try #expect(tap.application(at: 2).services[0].kind == "store")
            try #expect(tap.state(at: 2).map(\.address.cell) == ["baskets", "baskets", "baskets", "total", "unknown"])
            try #expect(tap.rollBack(2) == 4)
            try #expect(tap.pendingMigrations(kinds: kinds) == pending)
        }
    }

    @Test(arguments: [
        ("total", Datum.string("many"), 1, "the stored value of the cell \"total\" can't be read: there is no way"),
        ("total", .integer(1), 1, "the stored value of the cell \"total\" can't be read: must be text, but is 1"),
        (
            "total", .integer(1), 3,
            "the cell \"total\" is stored in version 3, and this program reads versions 1 to 2. Use the program that wrote it, or a newer one."
        ),
    ])
    func aValueWithoutAWayIsRefusedAndNothingChanges(cell: String, datum: Datum, version: Int, problem: String) throws {
        try withOpenTap(old()) { tap in
            try put(datum, cell, version: version, in: tap)
            let expected = MigrationError(path: tap.path, service: "web", problem: problem)
            #expect(throws: expected) { _ = try tap.pendingMigrations(kinds: kinds) }
            #expect(throws: expected) { _ = try tap.commit { try tap.migrate(kinds: kinds, by: ada) } }
            try #expect(tap.history().count == 1)
            try #expect(tap.application() == old())
        }
    }

    @Test func settingsWithoutAWayAreRefused() throws {
        try withOpenTap(old(["title": .string("bad")])) { tap in
            #expect(
                throws: MigrationError(
                    path: tap.path, service: "web",
                    problem: "the settings of version 1 can't be migrated: there is no way")
            ) { _ = try tap.pendingMigrations(kinds: kinds) }
            return
        }
        var newer = old()
        newer.services[0].settingsVersion = 4
        try withOpenTap(newer) { tap in
            #expect(throws: MigrationError.self) { _ = try tap.pendingMigrations(kinds: kinds) }
            return
        }
    }

    @Test func anOldVersionThatIsNotThereAnyMoreNeedsNothing() throws {
        try withOpenTap(application(ServiceDefinition(name: "web", kind: "shop", settingsVersion: 3))) { tap in
            try put(.string("1"), "total", in: tap)
            try put(.integer(1), "total", version: 2, in: tap)
            try #expect(tap.pendingMigrations(kinds: kinds) == [])
        }
    }

    @Test func stateThatATapBeginsWithIsMigrated() throws {
        let text = stateText(
            #"{"service":"web","cell":"baskets","key":1,"version":1,"value":"brie"}"#,
            #"{"service":"web","cell":"orders","key":2,"version":2,"value":{"items":["edam"]}}"#,
            #"{"service":"web","cell":"total","version":1,"value":"42"}"#)
        let shop = application(ServiceDefinition(name: "web", kind: "shop", settingsVersion: 3))
        try withTap(shop, state: text, kinds: kinds) { tap in
            #expect(try stateText(of: tap) == text)
            #expect(
                try tap.pendingMigrations(kinds: kinds).map(\.text)
                    == ["web: baskets as orders 1 -> 2", "web: total 1 -> 2"])
            _ = try tap.commit { try tap.migrate(kinds: kinds, by: ada) }
            #expect(
                try stateText(of: tap)
                    == stateText(
                        #"{"service":"web","cell":"orders","key":1,"version":2,"value":{"items":["brie"]}}"#,
                        #"{"service":"web","cell":"orders","key":2,"version":2,"value":{"items":["edam"]}}"#,
                        #"{"service":"web","cell":"total","version":2,"value":42}"#))
        }
        #expect(throws: TapFileError.self) {
            // There is no way from this value.
            let bad = stateText(#"{"service":"web","cell":"total","version":1,"value":"many"}"#)
            try withTap(shop, state: bad, kinds: kinds) { _ in }
        }
    }

    @Test func anOldCellIsReadWithoutBeingRewritten() throws {
        let stored = StoredValue(version: 1, bytes: CBOR.encode(.string("7")))
        try #expect(stored.decoded(by: Shop.total.migration, of: "total") == 7)
    }
}
