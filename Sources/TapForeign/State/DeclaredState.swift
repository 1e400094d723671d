import TapConfig
import TapData
import Taproom

/// A cell or a table of a foreign kind as its manifest declares it.
struct DeclaredState: Sendable {
    /// What the manifest says of it.
    struct Words: Defaulted {
        var durability = DurabilityWord.always
        var key: KeyWord?
        var initial: Datum?
        var formerly: [String] = []
        var migrations: [TreeStep] = []
    }

    /// When a change is on disk.
    enum DurabilityWord: String, DeclaredWord { case always, everySecond, snapshot }

    /// What the keys of a table are.
    enum KeyWord: String, DeclaredWord { case text, integer }

    /// What storage is told of it.
    let declaration: any StateDeclaration
    /// Opens it for a service.
    let open: @Sendable (ServiceContext) async throws -> OpenPlace

    var name: String { declaration.name }

    /// Declares a cell, or a table when there are keys.
    init(_ name: String, _ words: Words) {
        switch (words.durability, words.key) {
        case (.always, nil): self = DeclaredState.durable(DeclaredState.cell(name, words, .always))
        case (.everySecond, nil): self = DeclaredState.deferred(DeclaredState.cell(name, words, .everySecond))
        case (.snapshot, nil): self = DeclaredState.deferred(DeclaredState.cell(name, words, .snapshot))
        case (_, .text?): self = DeclaredState.table(name, words, by: String.self)
        case (_, .integer?): self = DeclaredState.table(name, words, by: Int64.self)
        }
    }

    private init(
        _ declaration: any StateDeclaration, open: @escaping @Sendable (ServiceContext) async throws -> OpenPlace
    ) {
        (self.declaration, self.open) = (declaration, open)
    }

    private static func cell<Durability: StateDurability>(
        _ name: String, _ words: Words, _ durability: Durability
    ) -> Cell<Datum, Durability> {
        Cell(
            name, formerly: words.formerly, initial: words.initial ?? .null, durability: durability,
            migration: words.migrations.migration)
    }

    private static func durable(_ cell: Cell<Datum, Always>) -> DeclaredState {
        DeclaredState(cell) { .durable(try await $0.open(cell)) }
    }

    private static func deferred(_ cell: Cell<Datum, some DeferredDurability>) -> DeclaredState {
        DeclaredState(cell) { .deferred(try await $0.open(cell)) }
    }

    private static func table<Key: DatumKey>(_ name: String, _ words: Words, by key: Key.Type) -> DeclaredState {
        func table<Durability: StateDurability>(_ durability: Durability) -> Table<Key, Datum, Durability> {
            Table(
                name, formerly: words.formerly, of: Datum.self, by: key, durability: durability,
                migration: words.migrations.migration)
        }
        func deferred(_ table: Table<Key, Datum, some DeferredDurability>) -> DeclaredState {
            DeclaredState(table) { .deferred($0.open(table)) }
        }
        switch words.durability {
        case .always:
            let table = table(.always)
            return DeclaredState(table) { .durable($0.open(table)) }
        case .everySecond: return deferred(table(.everySecond))
        case .snapshot: return deferred(table(.snapshot))
        }
    }
}
