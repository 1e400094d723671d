@testable import TapFile
import Taproom
import Testing

@Suite struct RevisionTests {
    @Test func theActiveOneSupersedesTheOneBefore() throws {
        try withOpenTap { tap in
            _ = try tap.change(to: application())
            _ = try tap.snapshot("here")
            try #expect(tap.statuses() == [.superseded, .superseded, .active])
            try #expect((tap.activeRevision(), tap.latestRevision()) == (3, 3))
            try #expect(tap.history().map(\.kind) == [.made, .change, .snapshot])
            try #expect(tap.history().last?.snapshot == "here")
        }
    }

    @Test func remembersWhoDidWhatAndWhy() throws {
        try withOpenTap { tap in
            _ = try tap.commit {
                try tap.addRevision(.import, by: Authorship(author: "bob", origin: "tapctl", comment: "é, why not"))
            }
            let last = try #require(try tap.history().last)
            #expect((last.author, last.origin, last.comment) == ("bob", "tapctl", "é, why not"))
            #expect(last.time.hasPrefix("20") && last.time.hasSuffix("Z"))
        }
    }

    @Test func aPendingOneIsActiveOnlyWhenItRuns() throws {
        try withOpenTap { tap in
            let number = try #require(try tap.change(to: application(), status: .pending))
            try #expect(tap.statuses() == [.active, .pending])
            try #expect(tap.activeRevision() == 1)
            try tap.commit { try tap.activate(number) }
            try #expect(tap.statuses() == [.superseded, .active])
        }
    }

    @Test func aFailedOneTakesItsChangesBack() throws {
        let before = application(service("a"), service("b"))
        try withOpenTap(before) { tap in
            let identities = try tap.identities()
            var after = application(service("b", greeting: "Hi"), service("c"))
            after.user = "ada"
            let number = try #require(try tap.change(to: after, status: .pending))
            try tap.commit { try tap.fail(number) }
            try #expect(tap.application() == before)
            try #expect(tap.application(at: number) == before)
            try #expect(tap.identities() == identities)
            try #expect(tap.statuses() == [.active, .failed])
            try #expect(tap.integrityFindings() == [])
        }
    }

    @Test func numbersGoOnAfterAFailure() throws {
        try withOpenTap { tap in
            _ = try tap.change(to: application(), status: .pending)
            try tap.commit { try tap.fail(2) }
            try #expect(tap.change(to: application(service("web", greeting: "Hi"))) == 3)
            try #expect((tap.greeting(at: 1), tap.greeting(at: 2), tap.greeting(at: 3)) == ("Hello", "Hello", "Hi"))
        }
    }

    @Test func stateStoredMeanwhileOutlivesAFailedChange() throws {
        try withOpenTap { tap in
            try tap.set(1)
            _ = try tap.change(to: application(service("web", greeting: "Hi")), status: .pending)
            try tap.set(2)
            try tap.commit { try tap.fail(2) }
            try #expect(tap.number() == 2)
            try #expect(tap.greeting() == "Hello")
        }
    }

    @Test func whatWasPendingAtTheEndCountsAsFailed() throws {
        try withTap { path in
            let tap = try Tap(opening: path, for: .writing)
            _ = try tap.change(to: application(), status: .pending)
            try tap.close()
            let again = try Tap(opening: path, for: .writing)
            try #expect(again.commit { try again.failPendingRevisions() } == [2])
            try #expect(again.commit { try again.failPendingRevisions() } == [])
            try #expect(again.application() == application(service("web")))
            try again.close()
        }
    }

    @Test func theStateOfAServiceThatFailedToStartIsNotInherited() throws {
        try withOpenTap(application(service("web"))) { tap in
            _ = try tap.change(to: application(service("web"), service("new")), status: .pending)
            try tap.set(7, of: "new")
            try tap.commit { try tap.fail(2) }
            try #expect(tap.integrityFindings() == [])
            _ = try tap.change(to: application(service("web"), service("other")))
            try #expect(tap.number("other") == nil)
        }
    }

    @Test func aFailedRollbackTakesBackWhatRestartedServicesStored() throws {
        try withOpenTap(application(service("web"), service("quiet"))) { tap in
            try tap.set(1)
            _ = try tap.snapshot()
            try tap.set(2)
            try tap.set(2, of: "quiet")
            let number = try #require(
                try tap.commit { try tap.rollBack(to: 2, RollbackScope(service: "web"), status: .pending, by: ada) })
            try #expect(tap.number() == 1)
            // The service runs on the restored value, and another one on its own, until the start of a third one fails.
            try tap.set(100)
            try tap.set(3, of: "quiet")
            try tap.commit { try tap.fail(number) }
            try #expect((tap.number(), tap.number("quiet")) == (2, 3))
            try #expect(tap.integrityFindings() == [])
        }
    }

    @Test(arguments: [0, -1, 3, 99])
    func unknownNumbersAreErrors(number: Int) throws {
        try withOpenTap { tap in
            _ = try tap.snapshot()
            #expect(tapError { try tap.checkRevision(number) } == .unknownRevision(number, latest: 2))
        }
    }

    @Test func aThrowingCommitLeavesNothing() throws {
        try withOpenTap { tap in
            let error = tapError {
                try tap.commit {
                    _ = try tap.store(application())
                    try tap.addRevision(.change, by: ada)
                    throw TapFileError.exists(path: "x")
                }
            }
            #expect(error == .exists(path: "x"))
            try #expect((tap.latestRevision(), tap.application()) == (1, application(service("web"))))
        }
    }
}
