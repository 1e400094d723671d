import TapData
@testable import TapFile
import TapTesting
import Taproom
import Testing

/// Random changes, snapshots and rollbacks, with a model of what must be there beside them.
@Suite(.timeLimit(.minutes(5))) struct HistoryPropertyTests {
    /// An application and the state of the services it has, by path and cell.
    private struct Model: Equatable {
        var application: Application
        /// By service, as long as it is the same one.
        var state: [String: [String: Int64]] = [:]
    }

    private struct Player {
        let tap: Tap
        var random: SeededGenerator
        var now: Model
        var history: [Model] = []
        var hasUncapturedState = false

        init(_ tap: Tap, seed: UInt64) throws {
            self.tap = tap
            random = SeededGenerator(seed: seed)
            now = Model(application: try tap.application())
            history = [now]
        }

        mutating func step() throws {
            switch random.next(below: 10) {
            case 0...4: try setState()
            case 5, 6: try changeSettings(isFailing: false)
            case 7: try changeSettings(isFailing: true)
            case 8: try snapshot()
            default: try rollBack()
            }
        }

        private mutating func setState() throws {
            guard let service = now.application.services.randomElement(using: &random) else { return }
            let (cell, number) = ("cell\(random.next(below: 3))", Int64(random.next(below: 5)))
            try tap.set(number, cell: cell, of: service.name)
            now.state[service.name, default: [:]][cell] = number
            hasUncapturedState = true
        }

        private mutating func changeSettings(isFailing: Bool) throws {
            var wanted = now.application
            for _ in 0...random.next(below: 3) {
                let greeting = "g\(random.next(below: 4))"
                switch random.next(below: 4) {
                case 0 where !wanted.services.isEmpty:
                    wanted.services.remove(at: random.next(below: wanted.services.count))
                case 1:
                    let name = "s\(random.next(below: 6))"
                    guard wanted.service(at: name) == nil else { break }
                    wanted.services.insert(
                        service(name, greeting: greeting), at: random.next(below: wanted.services.count + 1))
                case 2: wanted.services.shuffle(using: &random)
                default:
                    guard !wanted.services.isEmpty else { break }
                    wanted.services[random.next(below: wanted.services.count)].settings["greeting"] = .string(greeting)
                }
            }
            guard let number = try tap.change(to: wanted, status: isFailing ? .pending : .active) else { return }
            if isFailing {
                try tap.commit { try tap.fail(number) }
            } else {
                // A service that goes loses its state, also when one of its name comes back.
                for path in now.state.keys where wanted.service(at: path) == nil { now.state[path] = nil }
                now.application = wanted
            }
            capture(number)
        }

        private mutating func snapshot() throws { capture(try tap.snapshot()) }

        private mutating func rollBack() throws {
            let target = 1 + random.next(below: history.count)
            let wasUncaptured = hasUncapturedState
            guard let number = try tap.rollBack(target) else {
                if wasUncaptured { capture(history.count + 1) }
                return
            }
            // What was in no revision yet got one of its own.
            if wasUncaptured { capture(number - 1) }
            now = history[target - 1]
            capture(number)
        }

        private mutating func capture(_ number: Int) {
            history.append(now)
            #expect(history.count == number)
            hasUncapturedState = false
        }

        func check() throws {
            for (index, expected) in history.enumerated() {
                #expect(try read(at: index + 1) == expected, "at \(index + 1)")
            }
            #expect(try read(at: nil) == now)
            #expect(try tap.integrityFindings() == [])
        }

        private func read(at revision: Int?) throws -> Model {
            var model = Model(application: try tap.application(at: revision))
            let paths = Dictionary(uniqueKeysWithValues: try tap.identities(at: revision).map { ($1, $0) })
            for entry in try tap.state(at: revision) {
                guard let path = paths[entry.address.service], case .integer(let number) = try entry.datum() else {
                    continue
                }
                model.state[path, default: [:]][entry.address.cell] = number
            }
            return model
        }
    }

    @Test(arguments: 1...12 as ClosedRange<UInt64>)
    func everyRevisionReadsBackAsItWas(seed: UInt64) throws {
        try withOpenTap(application(service("s0"), service("s1"))) { tap in
            var player = try Player(tap, seed: seed)
            for _ in 0..<120 { try player.step() }
            try player.check()
        }
    }

    @Test func everyRevisionReadsBackAfterClosingAndOpening() throws {
        try withTap(application(service("s0"), service("s1"))) { path in
            var tap = try Tap(opening: path, for: .writing)
            var player = try Player(tap, seed: 99)
            for _ in 0..<100 { try player.step() }
            let kept = (player.history, player.now)
            try tap.close()
            tap = try Tap(opening: path, for: .reading)
            var reader = try Player(tap, seed: 0)
            (reader.history, reader.now) = kept
            try reader.check()
            try tap.close()
        }
    }

    @Test(arguments: 1...8 as ClosedRange<UInt64>)
    func aFileIsTheOldOneOrTheNewOneHoweverItIsCutShort(seed: UInt64) throws {
        try withTap { path in
            let tap = try Tap(opening: path, for: .writing)
            let file = try bytes(of: path)
            var random = SeededGenerator(seed: seed)
            for number in 1...10 {
                // Two cells and a setting that are always the same, for they are changed together.
                let now = application(service("web", greeting: "\(number)"))
                _ = try tap.commit {
                    for cell in ["a", "b"] { try tap.setState(tap.address("web", cell), value(Int64(number))) }
                    _ = try tap.store(now)
                    return try tap.addRevision(.change, by: ada)
                }
            }
            let log = try bytes(of: path + "-wal")
            try tap.close()
            for _ in 0..<20 {
                let crashed = path + ".crashed"
                try write(file, to: crashed)
                try write(Array(log.prefix(random.next(below: log.count))), to: crashed + "-wal")
                let found = try Tap(opening: crashed, for: .writing)
                let numbers = try (found.number(cell: "a"), found.number(cell: "b"), Int64(found.greeting() ?? ""))
                #expect(numbers.0 == numbers.1 && numbers.1 == numbers.2)
                #expect(try found.integrityFindings() == [])
                try found.close()
            }
        }
    }
}

/// Damage of every sort: an error that says so, or values, but never the end of the program.
@Suite(.timeLimit(.minutes(5))) struct DamageTests {
    @Test(arguments: 1...6 as ClosedRange<UInt64>)
    func damagedFilesAreErrorsOrAreRead(seed: UInt64) throws {
        try withTemporaryFolder { folder in
            let whole = try content(folder)
            var random = SeededGenerator(seed: seed)
            for round in 0..<60 {
                var damaged = whole
                for _ in 0...random.next(below: 6) {
                    // Half of the time in the first page, where the layout is.
                    let limit = random.next(below: 2) == 0 ? 4096 : damaged.count
                    damaged[random.next(below: limit)] = UInt8(truncatingIfNeeded: random.next())
                }
                if random.next(below: 5) == 0 { damaged.removeLast(random.next(below: damaged.count)) }
                let path = "\(folder)/\(round).tap"
                try write(damaged, to: path)
                use(path, for: round % 2 == 0 ? .reading : .writing)
            }
        }
    }

    @Test func everyByteOfTheFirstHundredMayBeWrong() throws {
        try withTemporaryFolder { folder in
            let whole = try content(folder)
            for offset in 0..<100 {
                for byte in [0, 1, 0x7F, 0xFF] as [UInt8] {
                    var damaged = whole
                    damaged[offset] = byte
                    try write(damaged, to: folder + "/a.tap")
                    use(folder + "/a.tap", for: .reading)
                }
            }
        }
    }

    @Test func wrongValuesInRowsAreErrorsOrAreRead() throws {
        let statements = [
            "UPDATE service SET path = '' WHERE path = 'web'", "UPDATE service SET path = '///' WHERE path = 'web'",
            "UPDATE service SET path = 'a/b/c' WHERE path = 'web'",
            "UPDATE service SET died = 2", "UPDATE service SET id = -9223372036854775808 WHERE path = 'web'",
            "UPDATE revision SET number = 9223372036854775806 WHERE number = 2",
            "DELETE FROM revision", "DELETE FROM about", "UPDATE about SET value = 'x'",
            "UPDATE state SET value = x'9bffffffffffffffff'",
            "UPDATE state SET born = 9223372036854775807", "DROP TABLE state", "DROP TABLE service",
            "UPDATE service SET version = -1",
            "DROP INDEX service_now; INSERT INTO service SELECT * FROM service", "UPDATE service SET settings = '[[[['",
            "INSERT INTO application SELECT * FROM application", "UPDATE service SET position = 0",
            "DROP VIEW services_now",
            "UPDATE revision SET number = 9223372036854775807 WHERE number = 2",
            "UPDATE service SET id = 9223372036854775807 WHERE path = 'web'",
        ]
        for statement in statements {
            try withTap(application(service("web"), service("api"))) { path in
                let tap = try Tap(opening: path, for: .writing)
                try tap.set(1)
                _ = try tap.snapshot()
                try tap.database.execute(statement)
                try tap.close()
                use(path, for: .writing)
            }
        }
    }

    /// The bytes of a tap with some history.
    private func content(_ folder: String) throws -> [UInt8] {
        let path = folder + "/whole.tap"
        try Tap.make(path, application(service("web"), service("api")), by: ada)
        let tap = try Tap(opening: path, for: .writing)
        for number in 1...40 {
            try tap.set(Int64(number), cell: "cell\(number % 7)")
            if number % 5 == 0 {
                _ = try tap.change(to: application(service("web", greeting: "\(number)"), service("api")))
            }
        }
        try tap.close()
        return try bytes(of: path)
    }

    /// Does all that can be done with a tap.
    private func use(_ path: String, for access: Tap.Access) {
        // An error of another type would not compile: the initializer says what it throws.
        guard let tap = try? Tap(opening: path, for: access) else { return }
        let steps: [() throws -> Void] = [
            { _ = try tap.application() }, { _ = try tap.application(at: 2) }, { _ = try tap.history() },
            { for entry in try tap.state() { _ = try? entry.datum() } }, { _ = try tap.state(at: 3) },
            { _ = try tap.integrityFindings() }, { _ = try tap.services(withOtherStateAt: 1, RollbackScope()) },
            { _ = try tap.base() }, { _ = try tap.commit { try tap.failPendingRevisions() } },
            { _ = try tap.commit { try tap.rollBack(to: 1, RollbackScope(), by: ada) } },
            { _ = try tap.commit { try tap.rollBack(to: 2, RollbackScope(service: "web"), by: ada) } },
            { _ = try tap.change(to: application(service("web", greeting: "new"), service("more"))) },
            { _ = try tap.snapshot() }, { try tap.close() },
        ]
        for step in steps {
            if let error = failure(step) { #expect(error is TapFileError, "\(error)") }
        }
    }

    private func failure(_ step: () throws -> Void) -> (any Error)? {
        do {
            try step()
            return nil
        } catch {
            return error
        }
    }
}
