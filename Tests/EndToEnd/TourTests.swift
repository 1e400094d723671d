import Testing

/// Documents, command by command: what they show is what happens.
@Suite(.serialized, .timeLimit(.minutes(5)))
struct TourTests {
    @Test func everyCommandOfTheReadmePrintsWhatItShows() async throws {
        let tour = try await Tour("README.md")
        #expect(tour.count >= 15)
        try await tour.play()
    }

    @Test func everyCommandOfGroupsPrintsWhatItShows() async throws {
        let tour = try await Tour("docs/kinds/group.md")
        #expect(tour.count >= 12)
        try await tour.play()
    }

    @Test(arguments: ["echo", "chat", "publish-subscribe", "one-time-keys", "first-kind", "packaging", "operations"])
    func everyCommandOfATutorialPrintsWhatItShows(page: String) async throws {
        let tour = try await Tour("docs/tutorial/\(page).md")
        #expect(tour.count >= 5)
        try await tour.play()
    }

    @Test func everyCommandOfTheGuestbookPrintsWhatItShows() async throws {
        let tour = try await Tour("docs/kinds/web-own.md")
        #expect(tour.count >= 15)
        try await tour.play()
    }

    @Test(arguments: ["first-kind", "state", "live-change", "packaging", "operations", "cache", "weblog", "proxy"])
    func everyCommandOfTheTutorialPrintsWhatItShows(page: String) async throws {
        let tour = try await Tour("docs/tutorial/\(page).md")
        #expect(tour.count >= 5)
        try await tour.play()
    }

    @Test func everyCommandOfTheSampleInPythonPrintsWhatItShows() async throws {
        let tour = try await Tour("docs/foreign-kinds.md")
        #expect(tour.count >= 8)
        try await tour.play(environment: ["TAPROOM_KINDS": ForeignKinds.samples])
    }
}
