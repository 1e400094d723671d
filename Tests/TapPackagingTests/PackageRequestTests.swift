@testable import TapPackaging
import TapTesting
import Taproom
import Testing

@Suite struct PackageRequestTests {
    @Test func acceptsItsDefaults() {
        #expect(request().problems == [])
        #expect(request().name == "taproom-web")
    }

    @Test func makesADefaultNameThatDebianAllows() {
        #expect(request(application: "My_Site").name == "taproom-my-site")
        #expect(request(application: "My_Site").problems == [])
    }

    @Test(arguments: ["a", "", "Web", "-web", "web_1", "wéb", "web app", "web\n", "+x"])
    func refusesNamesThatPolicyForbids(name: String) {
        #expect(request(name: name).problems == [.name(name)])
    }

    @Test func refusesTheNameOfTheRunnersPackage() {
        #expect(request(name: "taproom").problems == [.takenName("taproom")])
    }

    @Test(arguments: ["0ad", "g++", "taproom-web", "x.y"])
    func acceptsNamesThatPolicyAllows(name: String) {
        #expect(request(name: name).problems == [])
    }

    @Test(arguments: [
        "", "v1", "1.0_2", "1:", ":1", "x:1", "1.0-", "1 0", "1:2:3-", "-1", "9999999999:1", "1.0\n", "1/2",
    ])
    func refusesVersionsThatPolicyForbids(version: String) {
        #expect(request(version: version).problems == [.version(version)])
    }

    @Test(arguments: ["1", "1.0", "1:1.0", "1.0-2", "1.0-rc1-2", "1.0~beta+git", "2:1:2-3", "1.0-0ubuntu1~3"])
    func acceptsVersionsThatPolicyAllows(version: String) throws {
        #expect(request(version: version).problems == [])
        #expect(try run("dpkg", "--validate-version", version).status == 0)
    }

    /// A version is one here exactly when it is one for dpkg.
    @Test func agreesWithDpkgAboutVersions() throws {
        var random = SeededGenerator(seed: 6)
        let characters = Array("0123459.+~-:azA_é/")
        for _ in 0..<300 {
            let count = Int.random(in: 1...7, using: &random)
            let version = String((0..<count).compactMap { _ in characters.randomElement(using: &random) })
            // dpkg only warns of a version without a digit in front.
            let checked = try run("dpkg", "--validate-version", "--", version)
            let isGood = checked.status == 0 && checked.output.isEmpty
            #expect(PackageRequest.isVersion(version) == isGood, "\(version): \(checked.output)")
        }
    }

    @Test(arguments: [
        "", "Ada", "ada@example.com", "Ada<ada@example.com>", "<ada@example.com>", "Ada <ada>", "Ada <ada@example.com",
        "Ada <a@b@c>", "Ada <@b>", "Ada <a@>", "Ada <a b@c>", "Ada\nX: y <a@b>", "Ada <x> <a@b>",
    ])
    func refusesMaintainersOfAnotherForm(maintainer: String) {
        #expect(request(maintainer: maintainer).problems == [.maintainer(maintainer)])
    }

    @Test func acceptsMaintainersWithNamesOfAllLanguages() {
        #expect(request(maintainer: "Jürgen Groß jr. <j.gross+deb@example.com>").problems == [])
    }

    @Test(arguments: ["root; reboot", "$(id)", "Ada", "-x", "", "4294967295", "a b"])
    func refusesUsersThatAShellOrUseraddWouldMisread(user: String) {
        #expect(request(user: user).problems == [.user(user)])
        #expect(request(user: "web", group: user).problems == [.group(user)])
    }

    @Test(arguments: ["/run/x.sock", "/tmp/x.sock", "/var/tmp/a/x.sock", "/x.sock", "/var/run/x.sock", "/run/web/../x"])
    func refusesSocketsWhereTheServiceCannotMakeThem(path: String) {
        let endpoint = Endpoint(.unix(path: path, mode: nil))
        #expect(request(endpoints: [endpoint]).problems == [.socket(path: path, package: "taproom-web")])
    }

    @Test func reportsAllMistakesAtOnce() throws {
        let bad = request(name: "W", version: "x", maintainer: "Ada", summary: "", longDescription: " \n", date: -1)
        let error = try #require(throws: PackagingError.self) { try DebianPackage(bad) }
        #expect(
            error.description == """
                the name of the package must be 2 or more of a-z, 0-9, "+", "-" and ".", and begin with a letter or digit, \
                but is "W". Give another name with -d, such as taproom-web.
                the version must begin with a digit and consist of letters, digits, ".", "+", "~" and "-", but is "x". \
                Give a version such as 1.0, 1.0-2 or 1:1.0 with --set-version.
                the maintainer must be written 'Name <mail>', but is "Ada". \
                Give one such as --maintainer 'Ada Lovelace <ada@example.com>'.
                the description must be one line of 1 to 79 characters, but is empty. \
                Say the rest in --long_description.
                the long description is empty. Leave --long_description out, or say what the application does.
                the date must be from 0 to 8589934591 seconds since 1970, but is -1. Correct or unset SOURCE_DATE_EPOCH.
                """)
        #expect(error.exitStatus == .usage)
    }

    @Test func aMistakeInTheApplicationIsOneOfTheTap() throws {
        let error = try #require(throws: PackagingError.self) { try DebianPackage(request(user: "A B")) }
        #expect(error.exitStatus == .badData)
    }

    @Test(arguments: ["two\nlines", "a\tb", String(repeating: "x", count: 80), "  "])
    func refusesSummariesThatAreNotOneLine(summary: String) {
        #expect(request(summary: summary).problems == [.summary(summary)])
    }

    @Test func theDateComesFromTheVariableIfItIsSet() throws {
        #expect(try PackageRequest.date(sourceDateEpoch: nil, otherwise: 5) == 5)
        #expect(try PackageRequest.date(sourceDateEpoch: "7", otherwise: 5) == 7)
        #expect(throws: PackagingError.invalid([.sourceDateEpoch("now")])) {
            try PackageRequest.date(sourceDateEpoch: "now", otherwise: 5)
        }
    }
}
