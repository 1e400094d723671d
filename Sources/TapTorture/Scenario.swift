import Glibc
import Logging
import TapData
import TapFile
import Taproom

/// What a program does with a tap while its file operations are recorded, made to fail or cut short.
package enum Scenario: String, CaseIterable, Sendable {
    /// A tap is made, changed in every way, taken back, closed, and opened once more.
    case life
    /// The tap of a program that was killed is opened, changed and closed.
    case recovery
    /// The tap of a program that was killed is read.
    case reading
    /// The tap of a program that was killed is replaced by a new one.
    case replacement
    /// An encrypted tap with a table is made, changed, taken back, pruned and opened once more.
    case sealed
    /// A tap of format 1 is opened and changed.
    case conversion
    /// The tap of format 1 of a program that was killed is opened and changed.
    case conversionOfLog = "conversion-of-log"
    /// A tap is encrypted, given another passphrase, and decrypted.
    case rekey
    /// A tap that has a damaged page, of a program that was killed, is started.
    case damagedPage = "damaged-page"
    /// A tap whose log is damaged is started.
    case damagedLog = "damaged-log"

    /// The name of the tap in its folder.
    package static let tapName = "site.tap"

    /// Plays the scenario in a folder.
    ///
    /// Every step is reported to the file `ack` in the folder as ``Acknowledgement`` says. Answers whether all steps were
    /// done at the first time.
    package func play(in folder: String) async -> Bool {
        let player = ScenarioPlayer(self, folder: folder)
        do {
            switch self {
            case .life: try await player.live()
            case .recovery: try await player.recover()
            case .reading: try await player.read()
            case .replacement: try await player.replace()
            case .sealed: try await player.liveSealed()
            case .conversion, .conversionOfLog: try await player.convert()
            case .rekey: try await player.rekey()
            case .damagedPage, .damagedLog: try await player.fallBack()
            }
        } catch {
            // A step was refused twice; the player has reported it.
        }
        await player.leave()
        return player.refusals == 0
    }
}

extension ScenarioPlayer {
    fileprivate func live() async throws {
        try await step("make") { try Tap.make(path, ScenarioPlayer.application(greeting: "first"), by: authorship) }
        try await step("open") { _ = try await session() }
        for number in 1...20 {
            switch number % 5 {
            case 0: try await change(number)
            case 1: try await step("settings \(number)") { try await store(number, .active) }
            case 2:
                // Now and then more than a page of the file.
                let text = String(repeating: "\(number) ", count: number * 97)
                try await step("text \(number)") { try await session().text.update { $0 = text } }
            default: try await step("count \(number)") { try await session().count.update { $0 = number } }
            }
        }
        try await step("snapshot") { try await session().snapshot("half") }
        try await step("count 21") { try await session().count.update { $0 = 21 } }
        try await step("rollback") { try await rollBack(to: 4) }
        try await step("count 22") { try await session().count.update { $0 = 22 } }
        try await step("unconfirmed") { try await storeUnconfirmed() }
        try await step("taken back") { try await takeBack() }
        try await step("close") { try await close() }
        try await step("open again") { _ = try await session() }
        try await step("count 23") { try await session().count.update { $0 = 23 } }
        try await step("migrate") { try await migrate() }
        try await step("prune") { try await prune(keeping: 5) }
        try await step("close again") { try await close() }
    }

    /// A change as a running application makes it: pending, then active or failed.
    private func change(_ number: Int) async throws {
        try await step("pending \(number)") { try await store(number, .pending) }
        let isFailing = number % 2 == 0
        try await step("\(isFailing ? "failed" : "active") \(number)") {
            try await session().writer.perform { tap in
                let latest = try tap.latestRevision()
                try tap.commit { try isFailing ? tap.fail(latest) : tap.activate(latest) }
            }
        }
    }

    private func store(_ number: Int, _ status: Revision.Status) async throws {
        let wanted = ScenarioPlayer.application(greeting: "number \(number)")
        let authorship = authorship
        try await session().writer.commit { tap in
            _ = try tap.store(wanted)
            try tap.addRevision(.change, status: status, by: authorship)
        }
    }

    /// A change that nobody will confirm.
    private func storeUnconfirmed() async throws {
        let wanted = ScenarioPlayer.application(greeting: "unconfirmed")
        let authorship = authorship
        try await session().writer.commit { tap in
            let fallback = try tap.activeRevision()
            _ = try tap.store(wanted)
            let revision = try tap.addRevision(.change, by: authorship)
            try tap.store(Confirmation(revision: revision, fallback: fallback, deadline: 0))
        }
    }

    private func takeBack() async throws {
        let author = authorship.author
        try await session().writer.commit { tap in _ = try tap.takeBackUnconfirmed(by: author, origin: "torture") }
    }

    func rollBack(to target: Int) async throws {
        let authorship = authorship
        try await session().writer.commit { tap in
            _ = try tap.rollBack(to: target, RollbackScope(), by: authorship)
        }
    }

    private func migrate() async throws {
        let authorship = authorship
        try await session().writer.commit { tap in
            _ = try tap.migrate(kinds: KindList([UpdatedGreeter.self]), by: authorship)
        }
    }

    func prune(keeping count: Int) async throws {
        var retention = Retention()
        retention.keep = count
        try await session().writer.perform { [retention] tap in _ = try tap.prune(retention) }
    }

    fileprivate func recover() async throws {
        try await step("open") { _ = try await session() }
        try await step("count 31") { try await session().count.update { $0 = 31 } }
        try await step("snapshot") { try await session().snapshot("recovered") }
        try await step("close") { try await close() }
    }

    fileprivate func read() async throws {
        for number in 1...2 {
            try await step("read \(number)") {
                let tap = try scenario.open(path, for: .reading)
                _ = try tap.application()
                try tap.close()
            }
        }
    }

    fileprivate func replace() async throws {
        try await step("replace") {
            let new = ScenarioPlayer.application(greeting: "new")
            try Tap.make(path, new, replacing: true, by: authorship)
        }
        try await step("open") { _ = try await session() }
        try await step("count 41") { try await session().count.update { $0 = 41 } }
        try await step("close") { try await close() }
    }
}
