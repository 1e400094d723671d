import Glibc
import Logging
import TapData
package import TapFile
import TapPages
import TapRunner
import TapTesting
import Taproom

extension Scenario {
    /// The passphrases that a tap of a scenario may have.
    static let passphrases = ["correct horse", "battery staple"]

    /// Whether it begins with a damaged tap: what was opened then is a start.
    var isDamaged: Bool { self == .damagedPage || self == .damagedLog }

    /// Opens the tap as the program of the scenario does, with the passphrase that it has just now.
    ///
    /// Throws ``TapFileError``.
    package func open(_ path: String, for access: Tap.Access) throws -> Tap {
        guard Tap.isSealed(path) else {
            guard isDamaged, access == .writing else { return try Tap(opening: path, for: access) }
            let logger = Logger(label: "torture") { _ in SwiftLogNoOpLogHandler() }
            let configuration = RunnerConfiguration(kinds: KindList([Greeter.self]), logger: logger)
            return try TapStart(configuration).open(path, nil)
        }
        return try Tap(opening: path, for: access, passphrase: try Scenario.passphrase(of: path))
    }

    /// What opens a tap; nil: it is not encrypted.
    ///
    /// Throws ``TapFileError`` when none of ``passphrases`` does.
    static func passphrase(of path: String) throws -> String? {
        guard Tap.isSealed(path) else { return nil }
        for passphrase in passphrases.dropLast() {
            do {
                try Tap(opening: path, for: .reading, passphrase: passphrase).close()
                return passphrase
            } catch TapFileError.sealed(.wrongPassphrase) {}
        }
        return passphrases.last
    }
}

extension ScenarioPlayer {
    func liveSealed() async throws {
        try await step("make") {
            try Tap.make(
                path, ScenarioPlayer.application(greeting: "first"), passphrase: Scenario.passphrases[0],
                cost: .minimal, by: authorship)
        }
        try await step("open") { _ = try await session() }
        for number in 1...4 {
            try await step("rows \(number)") { try await storeRows(number) }
            try await step("count \(number)") { try await session().count.update { $0 = number } }
        }
        try await step("snapshot") { try await session().snapshot("half") }
        try await step("rows 5") { try await storeRows(5) }
        try await step("second snapshot") { try await session().snapshot("later") }
        try await step("rollback") { try await rollBack(to: 2) }
        try await step("rows 6") { try await storeRows(6) }
        try await step("prune") { try await prune(keeping: 1) }
        try await step("close") { try await close() }
        try await step("open again") { _ = try await session() }
        try await step("rows 7") { try await storeRows(7) }
        try await step("close again") { try await close() }
    }

    /// Changes rows of a table, adds some and removes some.
    private func storeRows(_ round: Int) async throws {
        try await session().writer.commit { tap in
            let service = try tap.identities()["web"] ?? 0
            for number in 0..<40 where number % (round + 1) == 0 {
                let key: StateKey = number % 2 == 0 ? .integer(Int64(number)) : .text("guest \(number)")
                let text = Datum.string(String(repeating: "round \(round) of \(number) ", count: number))
                let isRemoved = number % 7 == round
                try tap.setState(
                    StateAddress(service: service, cell: "visits", key: key),
                    isRemoved ? nil : StoredValue(version: 1, bytes: CBOR.encode(text)))
            }
        }
    }

    func convert() async throws {
        try await step("open") { _ = try await session() }
        try await step("snapshot") { try await session().snapshot("converted") }
        try await step("close") { try await close() }
        try await step("open again") { _ = try await session() }
        try await step("second snapshot") { try await session().snapshot("later") }
        try await step("close again") { try await close() }
    }

    func rekey() async throws {
        for (name, new) in [
            ("encrypt", Scenario.passphrases[0]), ("change", Scenario.passphrases[1]), ("decrypt", nil as String?),
        ] {
            try await step(name) {
                // When it was refused after the new file had the name, this makes it sure.
                try Tap.rekey(path, from: Scenario.passphrase(of: path), to: new, cost: .minimal)
            }
        }
        try await step("open") { _ = try await session() }
        try await step("snapshot") { try await session().snapshot("in the clear") }
        try await step("close") { try await close() }
    }

    func fallBack() async throws {
        try await step("start") { _ = try await session() }
        try await step("snapshot") { try await session().snapshot("rescued") }
        try await step("close") { try await close() }
        try await step("start again") { _ = try await session() }
        try await step("close again") { try await close() }
    }
}
