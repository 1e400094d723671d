import Logging
import TapData
import TapTesting
import Taproom
import Testing

@testable import TapForeign

/// What a foreign service remembers, and how it is changed.
struct ForeignStateTests {
    private let store = MemoryStore()
    private let declared = [
        ("number", #"{"initial": 1}"#), ("text", #"{"initial": "a"}"#), ("later", #"{"durability": "everySecond"}"#),
        ("names", #"{"key": "text"}"#), ("lines", #"{"key": "integer", "durability": "snapshot"}"#),
    ]

    private func state() async throws -> ForeignState {
        let context = ServiceContext(
            name: "test", logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, listeners: [], identity: 1,
            store: store)
        let states = try declared.map { name, words in
            DeclaredState(name, try DatumDecoder().decode(DeclaredState.Words.self, from: json(words)))
        }
        return try await ForeignState(states, context)
    }

    /// Makes the changes of each line of JSON, and answers values or the problem.
    private func make(_ state: ForeignState, _ lines: String...) async throws -> [String] {
        let requests = try lines.map { line in
            guard case .change(_, let changes) = try ProgramMessage(line: #"{"id": 0, "change": \#(line)}"#) else {
                throw TestFailure("\(line) is no change")
            }
            return changes
        }
        return try await state.make(requests).map { result in
            switch result {
            case .success(let values): JSONWriter.line(.array(values))
            case .failure(let refusal): refusal.problem
            }
        }
    }

    @Test func cellsBeginAsTheManifestSays() async throws {
        let cells = try await state().cells()
        #expect(cells.map(\.name) == ["number", "text", "later"])
        #expect(cells.map(\.value) == [.integer(1), "a", .null])
    }

    @Test func aCellIsSetAndAddedTo() async throws {
        let state = try await state()
        #expect(
            try await make(
                state, #"[{"cell": "number", "add": 2}]"#, #"[{"cell": "number", "add": 0.5}]"#,
                #"[{"cell": "number", "set": {"a": [1]}}]"#) == ["[3]", "[3.5]", #"[{"a":[1]}]"#])
        #expect(try await self.state().read("number", nil) == (try json(#"{"a": [1]}"#)))
    }

    @Test func aRowComesAndGoes() async throws {
        let state = try await state()
        let row = #"{"table": "names", "key": "ada", "#
        #expect(try await make(state, "[\(row)\"add\": 1}]", "[\(row)\"add\": 1}]") == ["[1]", "[2]"])
        #expect(try await state.read("names", "ada") == .integer(2))
        #expect(try await make(state, "[\(row)\"set\": null}]") == ["[null]"])
        #expect(try await state.read("names", "ada") == .null)
        #expect(store.values.filter { $0.key.cell == "names" }.isEmpty)
    }

    @Test func aRequestIsMadeAsAWholeOrNotAtAll() async throws {
        let state = try await state()
        let refused = try await make(
            state, #"[{"cell": "number", "add": 1}, {"table": "names", "key": "a", "is": 1, "set": 2}]"#,
            #"[{"cell": "number", "add": 1}, {"cell": "text", "add": 1}]"#,
            #"[{"cell": "number", "add": 1}, {"cell": "number", "add": 1}]"#)
        #expect(
            refused == [
                "\"names\" is not what was expected", "\"text\" is no number to which something can be added", "[2,3]",
            ])
        #expect(try await state.read("number", nil) == .integer(3))
    }

    @Test func whatIsExpectedIsCompared() async throws {
        let state = try await state()
        #expect(
            try await make(
                state, #"[{"cell": "number", "is": 1, "set": 5}]"#, #"[{"cell": "number", "is": 1, "set": 6}]"#,
                #"[{"cell": "number", "is": 5}]"#, #"[{"table": "names", "key": "x", "is": null, "set": 1}]"#) == [
                    "[5]", "\"number\" is not what was expected", "[5]", "[1]",
                ])
    }

    @Test func deferredStateIsChangedInMemory() async throws {
        let state = try await state()
        #expect(
            try await make(
                state, #"[{"cell": "later", "add": 1}, {"cell": "later", "add": 1}]"#,
                #"[{"table": "lines", "key": 7, "set": "x"}]"#) == ["[1,2]", #"["x"]"#])
        #expect(store.values.isEmpty)
        #expect(try await state.read("lines", .integer(7)) == "x")
        try store.save()
        #expect(store.values.count == 2)
    }

    @Test(
        arguments: [
            (#"[{"cell": "nubmer", "add": 1}]"#, "there is no cell or table \"nubmer\". Did you mean \"number\"?"),
            (#"[{"table": "names", "set": 1}]"#, "\"names\" is a table: name a key"),
            (#"[{"table": "names", "key": 1, "set": 1}]"#, "\"names\" has keys that are text, and 1 is none"),
            (#"[{"cell": "number", "key": "x", "set": 1}]"#, "\"number\" is a cell, which has no keys"),
            (
                #"[{"cell": "number", "add": 1}, {"cell": "later", "add": 1}]"#,
                "changes of the durability always are made alone, not together with others"
            ),
        ])
    func refusesWhatThereIsNot(_ line: String, _ problem: String) async throws {
        #expect(try await make(state(), line) == [problem])
        #expect(store.values.isEmpty)
    }

    @Test func rowsAreReadInStretches() async throws {
        let state = try await state()
        for name in ["a", "b", "c", "d"] {
            _ = try await make(state, #"[{"table": "names", "key": "\#(name)", "set": 1}]"#)
        }
        func keys(_ stretch: RowStretch) async throws -> String {
            let (rows, isMore) = try await state.rows("names", stretch)
            return rows.map { if case .array(let row) = $0 { row[0].string ?? "" } else { "" } }.joined()
                + (isMore ? "…" : "")
        }
        #expect(try await keys(RowStretch()) == "abcd")
        #expect(try await keys(RowStretch(limit: 2)) == "ab…")
        #expect(try await keys(RowStretch(after: "b")) == "cd")
        #expect(try await keys(RowStretch(from: "b", to: "d")) == "bc")
        #expect(try await keys(RowStretch(isDescending: true, limit: 1)) == "d…")
        #expect(try await keys(RowStretch(after: "c", isDescending: true)) == "ba")
        await #expect(throws: StateRefusal.self) { try await state.rows("number", RowStretch()) }
        await #expect(throws: StateRefusal.self) { try await state.rows("names", RowStretch(from: .integer(1))) }
    }
}
