import Glibc
import TapProcess
@testable import TapRunner
import TapTesting
import Taproom
import Testing

struct AccountTests {
    private func root(group: UInt32) -> Account {
        var account = Account(user: 0, group: group, name: "root", otherGroups: [group])
        (account.home, account.shell) = ("/root", "/bin/bash")
        return account
    }

    @Test func resolvesNamesAndNumbers() throws {
        #expect(try Account.resolve(user: nil, group: nil) == nil)
        #expect(try Account.resolve(user: "root", group: nil) == root(group: 0))
        #expect(try Account.resolve(user: "0", group: nil) == root(group: 0))
        #expect(try Account.resolve(user: "root", group: "54321") == root(group: 54321))
        #expect(try Account.resolve(user: "54321", group: nil) == Account(user: 54321, group: 54321, name: nil))
        let own = try #require(try Account.resolve(user: nil, group: "root"))
        #expect((own.user, own.group) == (geteuid(), 0))
    }

    @Test(arguments: [("no-such-user", nil), ("", nil), ("root", "no-such-group"), ("-1", nil)] as [(String, String?)])
    func refusesUnknownAccounts(user: String, group: String?) {
        let error = #expect(throws: AccountError.self) { try Account.resolve(user: user, group: group) }
        #expect(error.map { RunnerError.account($0).exitStatus } == .configuration)
    }

    @Test func knowsWhoMayChangeAFolder() throws {
        try withTemporaryFolder { folder in
            let (owner, stranger) = (Account(user: geteuid(), group: getegid()), Account(user: 54321, group: 54321))
            #expect(owner.canChange(folder: folder))
            #expect(!stranger.canChange(folder: folder))
            chmod(folder, 0o777)
            #expect(stranger.canChange(folder: folder))
            #expect(!stranger.canChange(folder: folder + "/none"))
        }
    }
}
