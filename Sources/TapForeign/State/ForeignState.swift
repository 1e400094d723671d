import TapData
import Taproom

/// What a foreign service remembers: answers what its program asks for.
struct ForeignState: Sendable {
    private let context: ServiceContext
    private let places: [String: OpenPlace]
    private let names: [String]

    /// Opens everything that a manifest declares.
    ///
    /// Throws when a stored value can't be read.
    init(_ declared: [DeclaredState], _ context: ServiceContext) async throws {
        var places: [String: OpenPlace] = [:]
        for state in declared { places[state.name] = try await state.open(context) }
        (self.context, self.places, names) = (context, places, declared.map(\.name))
    }

    /// The values of the cells, in the order they are declared.
    func cells() async throws -> [(name: String, value: Datum)] {
        var cells: [(name: String, value: Datum)] = []
        for name in names {
            guard let place = places[name]?.readable, !type(of: place).isTable else { continue }
            cells.append((name, try await place.value(nil) ?? .null))
        }
        return cells
    }

    /// The place of a name.
    private func place(_ name: String, _ key: Datum?) throws(StateRefusal) -> OpenPlace {
        guard let place = places[name] else {
            throw StateRefusal("there is no cell or table \"\(name)\".\(suggestion(for: name, among: names))")
        }
        if let problem = type(of: place.readable).problem(ofKey: key) { throw StateRefusal("\"\(name)\" \(problem)") }
        return place
    }

    /// A value; null when there is none.
    func read(_ name: String, _ key: Datum?) async throws -> Datum {
        try await place(name, key).readable.value(key) ?? .null
    }

    /// Many rows, and whether there are more.
    func rows(_ name: String, _ stretch: RowStretch) async throws -> (rows: [Datum], isMore: Bool) {
        guard let place = places[name]?.readable, type(of: place).isTable else {
            throw StateRefusal("there is no table \"\(name)\".\(suggestion(for: name, among: names))")
        }
        for key in [stretch.from, stretch.after, stretch.to] {
            guard let key, let problem = type(of: place).problem(ofKey: key) else { continue }
            throw StateRefusal("\"\(name)\" \(problem)")
        }
        let (rows, isMore) = try await place.rows(stretch)
        return (rows.map { .array([$0.key, $0.value]) }, isMore)
    }

    /// Makes the changes of several requests, one after the other, and answers the values that each has made.
    ///
    /// What one request asks for is made as a whole or not at all. Those that follow each other and are to be on disk are
    /// stored together, so that a program that does not wait for each answer does not wait for the disk each time.
    ///
    /// Throws what the disk does: nothing of it is stored then.
    func make(_ requests: [[StateChange]]) async throws -> [Result<[Datum], StateRefusal>] {
        var results: [Result<[Datum], StateRefusal>] = []
        var waiting: [DurableRequest] = []
        for request in requests {
            let found = resolved(request)
            if case .success(.durable(let durable)) = found {
                waiting.append(durable)
                continue
            }
            results += try await store(waiting)
            waiting = []
            switch found {
            case .failure(let refusal): results.append(.failure(refusal))
            case .success(.deferred(let deferred)): results.append(try await make(deferred))
            case .success(.durable): break
            }
        }
        return try await results + store(waiting)
    }

    private typealias DurableRequest = [(place: any DurablePlace, change: StateChange)]
    private typealias DeferredRequest = [(place: any DeferredPlace, change: StateChange)]

    private enum Resolved {
        case durable(DurableRequest)
        case deferred(DeferredRequest)
    }

    private func resolved(_ changes: [StateChange]) -> Result<Resolved, StateRefusal> {
        var durable: DurableRequest = []
        var deferred: DeferredRequest = []
        do throws(StateRefusal) {
            for change in changes {
                switch try place(change.name, change.key) {
                case .durable(let place): durable.append((place, change))
                case .deferred(let place): deferred.append((place, change))
                }
            }
        } catch {
            return .failure(error)
        }
        guard durable.isEmpty || deferred.isEmpty else {
            return .failure(StateRefusal("changes of the durability always are made alone, not together with others"))
        }
        return .success(deferred.isEmpty ? .durable(durable) : .deferred(deferred))
    }

    private func store(_ requests: [DurableRequest]) async throws -> [Result<[Datum], StateRefusal>] {
        guard !requests.isEmpty else { return [] }
        return try await context.transaction { transaction in
            try requests.map { request in
                var values = PendingValues()
                for (place, change) in request {
                    let old = try values[change] ?? place.value(change.key, in: transaction)
                    if let refusal = values.take(change, over: old) { return .failure(refusal) }
                }
                for (place, change) in request {
                    try place.set(values[change] ?? nil, change.key, in: transaction)
                }
                return .success(values.results)
            }
        }
    }

    private func make(_ request: DeferredRequest) async throws -> Result<[Datum], StateRefusal> {
        var values = PendingValues()
        for (place, change) in request {
            var old = values[change]
            if old == nil { old = .some(try await place.value(change.key)) }
            if let refusal = values.take(change, over: old ?? nil) { return .failure(refusal) }
        }
        for (place, change) in request { place.set(values[change] ?? nil, change.key) }
        return .success(values.results)
    }
}

/// What the changes of one request come to, before any of them is made.
private struct PendingValues {
    private struct Place: Hashable {
        let name: String
        let key: String?

        init(_ change: StateChange) { (name, key) = (change.name, change.key.map { JSONWriter.line($0) }) }
    }

    private var values: [Place: Datum?] = [:]
    /// What each change has made, null for a row that is gone.
    private(set) var results: [Datum] = []

    /// The value that the changes before have made; nil: none has made any.
    subscript(change: StateChange) -> Datum?? { values[Place(change)] }

    /// Answers why the change can't be made; nil: it can.
    mutating func take(_ change: StateChange, over old: Datum?) -> StateRefusal? {
        do throws(StateRefusal) {
            let value = try change.result(of: old)
            values[Place(change)] = .some(value)
            results.append(value ?? .null)
            return nil
        } catch {
            return error
        }
    }
}
