import TapConfig
import TapData
import TapFile
import TapTesting
import Taproom
import Testing

@testable import TapControl

/// What somebody may do with an application that is given to them with a role.
struct AdmittedApplicationTests {
    private let authorship = Authorship(author: "eve", origin: "test")

    private func resting(_ folder: TemporaryFolder) throws -> RestingApplication {
        let path = folder["site.tap"]
        try Tap.make(path, Application(name: "site", services: []), by: authorship)
        return RestingApplication(path: path, kinds: KindList([]))
    }

    @Test func whoMayLookLooks() async throws {
        let folder = try TemporaryFolder()
        let eve = AdmittedApplication(try resting(folder), name: "eve", role: .read)
        #expect(try await eve.revision() == 1)
        #expect(try await eve.status().name == "site")
        #expect(try await eve.history().count == 1)
        #expect(try await eve.verify() == [])
        #expect(try await eve.plan(ChangeRequest([.set(path: "user", value: "nobody")])).isEmpty == false)
        _ = try await eve.contents(of: nil, at: nil)
        _ = try await eve.description(at: nil)
        _ = try await eve.differences(from: "1", to: nil)
        _ = try await eve.blame(nil)
    }

    @Test func whoMayLookOnlyChangesNothing() async throws {
        let folder = try TemporaryFolder()
        let eve = AdmittedApplication(try resting(folder), name: "eve", role: .read)
        let authorship = authorship
        let refused: [@Sendable () async throws -> Void] = [
            { _ = try await eve.change(ChangeRequest(), by: authorship) }, { try await eve.save() },
            { _ = try await eve.snapshot(nil, by: authorship) }, { _ = try await eve.confirm(by: authorship) },
            { _ = try await eve.rollBack(to: "1", RollbackScope(), by: authorship) }, { try await eve.stop() },
            { try await eve.restart("web", by: authorship) }, { _ = try await eve.upgrade(by: authorship) },
            { _ = try await eve.prune(PruneRequest(), by: authorship) }, { _ = try await eve.reload(by: authorship) },
        ]
        for change in refused {
            await #expect(throws: ControlError.needsRole(.write, name: "eve")) { try await change() }
        }
        await #expect(throws: ControlError.needsRole(.own, name: "eve")) { _ = try await eve.tokens() }
        #expect(try await eve.history().count == 1)
    }

    @Test func whoMayChangeMakesNoTokens() async throws {
        let folder = try TemporaryFolder()
        let ada = AdmittedApplication(try resting(folder), name: "ada", role: .write)
        #expect(try await ada.snapshot("here", by: authorship) == 2)
        await #expect(throws: ControlError.needsRole(.own, name: "ada")) { _ = try await ada.addToken("a", .read) }
        await #expect(throws: ControlError.needsRole(.own, name: "ada")) { try await ada.removeToken("a") }
    }
}
