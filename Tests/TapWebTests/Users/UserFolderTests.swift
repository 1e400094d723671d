import Glibc
import Logging
import Synchronization
import TapTesting
import Taproom
import Testing

@testable import TapWeb

/// Pages of users: whose, and what of them.
@Suite(.timeLimit(.minutes(2)))
struct UserFolderTests {
    private let home = try? TemporaryFolder()

    private func folders(
        _ change: (inout WebSettings) -> Void = { _ in }, number: uid_t = TestUser.number,
        now: @escaping @Sendable () -> Int64 = { 0 }
    ) throws -> (TemporaryFolder, UserFolders) {
        let home = try #require(self.home)
        var settings = WebSettings()
        change(&settings)
        let account = UserAccount(name: "ada", number: number, home: home.path)
        let folders = UserFolders(
            TestUser.settings, FileRules(settings), logger: Self.silent, lookUp: { $0 == "ada" ? account : nil },
            now: now)
        guard let folders else { throw TestFailure("no folders") }
        return (home, folders)
    }

    private static let silent = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    @Test(arguments: ["ada", "a.b-c_d", "A1", "_x", String(repeating: "a", count: 32)])
    func namesOfUsers(name: String) { #expect(UserAccount.isValid(name.utf8)) }

    @Test(arguments: [
        "", ".", "..", "-x", "a/b", "a b", "ä", "a\0", "a:b", "a$(x)", String(repeating: "a", count: 33),
    ])
    func refusesOtherNames(name: String) {
        #expect(!UserAccount.isValid(name.utf8))
        #expect(UserAccount.find(name) == nil)
    }

    @Test func knowsTheUsersOfThisMachine() {
        #expect(UserAccount.find("root") == UserAccount(name: "root", number: 0, home: "/root"))
        #expect(UserAccount.find("root")?.isPerson == false)
        #expect(UserAccount.find("no-such-user-here") == nil)
        #expect(UserAccount.own?.number == geteuid())
        #expect(!UserAccount(name: "x", number: 999, home: "/").isPerson)
        #expect(!UserAccount(name: "nobody", number: 65_534, home: "/").isPerson)
    }

    @Test func showsAFolderThatBelongsToTheUser() throws {
        let (home, folders) = try folders()
        try home.write("hi", to: "public_html/index.html")
        chown(home["public_html"], TestUser.number, 0)
        #expect(folders.find("ada").tree != nil)
        #expect(folders.find("ada").socket == nil)
        #expect(folders.find("eve").tree == nil)
        #expect(folders.find("").tree == nil)
    }

    @Test(arguments: [0, 33, 999, 65_534] as [uid_t])
    func showsNothingOfTheSystemsUsers(number: uid_t) throws {
        let (home, folders) = try folders(number: number)
        try home.write("hi", to: "public_html/index.html")
        chown(home["public_html"], number, 0)
        #expect(folders.find("ada").tree == nil)
    }

    @Test func showsNoFolderOfSomebodyElse() throws {
        let (home, folders) = try folders()
        try home.write("hi", to: "public_html/index.html")
        chown(home["public_html"], TestUser.number + 1, 0)
        #expect(folders.find("ada").tree == nil || geteuid() != 0)
    }

    @Test(arguments: ["/etc", "../..", "/", "."])
    func followsNoLinkOutOfTheHome(target: String) throws {
        let (home, folders) = try folders { $0.symlinks = .anywhere }
        symlink(target, home["public_html"])
        #expect(folders.find("ada").tree == nil || target == ".")
    }

    @Test func looksAgainAfterAWhile() throws {
        let clock = TestCount()
        let (home, folders) = try folders(now: { clock.now })
        #expect(folders.find("ada").tree == nil)
        try home.write("hi", to: "public_html/index.html")
        chown(home["public_html"], TestUser.number, 0)
        #expect(folders.find("ada").tree == nil)
        clock.advance(by: 6)
        let first = folders.find("ada").tree
        #expect(first != nil)
        #expect(folders.find("ada").tree === first)
    }

    @Test func remembersOnlySoMany() throws {
        let count = TestCount()
        let folders = UserFolders(
            TestUser.settings, FileRules(WebSettings()), logger: Self.silent,
            lookUp: { _ in
                count.advance(by: 1)
                return nil
            }, now: { 0 })
        guard let folders else { throw TestFailure("no folders") }
        for number in 0..<300 { _ = folders.find("u\(number)") }
        #expect(count.now == 300)
        for number in 0..<300 { _ = folders.find("u\(number)") }
        #expect(count.now > 300)
        #expect(count.now <= 600)
    }

    @Test func findsASocketOfTheUserOnly() throws {
        let clock = TestCount()
        let (home, folders) = try folders(now: { clock.now })
        let path = home[UserAccount.socketName]
        func found() -> PersonalSocket? {
            clock.advance(by: 6)
            return folders.find("ada").socket
        }
        try home.write("no socket", to: UserAccount.socketName)
        chown(path, TestUser.number, 0)
        #expect(found() == nil)
        unlink(path)
        let other = try ListeningSocket(Endpoint(.unix(path: home["other"], mode: nil)))
        chown(home["other"], TestUser.number, 0)
        symlink("other", path)
        #expect(found() == nil)
        unlink(path)
        rename(home["other"], path)
        let socket = found()
        #expect(socket != nil)
        #expect(socket?.upstreams.settings.headers == ["Authorization": ""])
        #expect(found() === socket)
        if geteuid() == 0 {
            chown(path, TestUser.number + 1, 0)
            #expect(found() == nil)
        }
        withExtendedLifetime(other) {}
    }
}

/// Somebody who is a person for the system: whoever runs the tests, or a number that root can give files to.
enum TestUser {
    static let number: uid_t = geteuid() == 0 ? 4321 : geteuid()

    /// Settings that have pages of users served.
    static var settings: WebUsers {
        var settings = WebUsers()
        settings.folder = "public_html"
        return settings
    }
}

/// A number that a test moves on.
final class TestCount: Sendable {
    private let number = Atomic<Int64>(0)

    var now: Int64 { number.load(ordering: .relaxed) }

    func advance(by count: Int64) { number.add(count, ordering: .relaxed) }
}
