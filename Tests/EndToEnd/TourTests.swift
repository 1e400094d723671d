import Testing

/// Documents, command by command: what they show is what happens.
@Suite(.serialized, .timeLimit(.minutes(5)))
struct TourTests {
    @Test(arguments: Tour.pages)
    func everyCommandOfAPagePrintsWhatItShows(page: String) async throws {
        let tour = try await Tour("\(page).md")
        #expect(tour.count >= 2)
        try await tour.play(environment: page == "docs/foreign-kinds" ? ["TAPROOM_KINDS": ForeignKinds.samples] : [:])
    }
}
