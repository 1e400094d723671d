import Testing

@testable import TapWeb

struct HTTPDateTests {
    static let dates: [(Int64, String)] = [
        (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"), (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
        (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"), (4_107_542_399, "Sun, 28 Feb 2100 23:59:59 GMT"),
        (4_107_542_400, "Mon, 01 Mar 2100 00:00:00 GMT"), (-1, "Wed, 31 Dec 1969 23:59:59 GMT"),
        (1_767_225_599, "Wed, 31 Dec 2025 23:59:59 GMT"),
    ]

    @Test(arguments: dates)
    func writesDates(seconds: Int64, text: String) { #expect(HTTPDate.text(seconds) == text) }

    @Test(arguments: dates)
    func readsWhatItWrites(seconds: Int64, text: String) { #expect(HTTPDate.seconds(text) == seconds) }

    @Test(arguments: ["Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994", "Sun, 06 Nov 1994 08:49:37 GMT"])
    func readsAllThreeForms(text: String) { #expect(HTTPDate.seconds(text) == 784_111_777) }

    @Test(arguments: [
        "", "yesterday", "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Now 1994 08:49:37 GMT", "Sun, 06 Nov 1994 24:00:00 GMT",
        "Sun, 06 Nov 1994 08:49 GMT", "Sun, -6 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 CET", "784111777",
        "Sun, 06 Nov 99999999999999999999 08:49:37 GMT", "Sun, 00 Nov 1994 08:49:37 GMT",
    ])
    func refusesOtherTexts(text: String) { #expect(HTTPDate.seconds(text) == nil) }

    @Test func writesListingTimes() { #expect(HTTPDate.listing(784_111_777) == "1994-11-06 08:49") }
}
