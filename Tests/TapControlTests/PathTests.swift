import Glibc
@testable import TapControl
import TapData
import TapTesting
import Testing

@Suite struct PathTests {
    private let contents = Datum.object([
        "web": .object(["listen": .string("tcp:80"), "limits": .object(["body": .integer(5)])]),
        "backends/api": .object(["list": .array([.integer(1)])]),
    ])

    @Test(arguments: [
        ("web.listen", "\"tcp:80\""), ("web.limits.body", "5"), ("web.limits", "{\"body\":5}"),
        ("backends/api.list", "[1]"),
    ])
    func leadsIntoTheContents(path: String, expected: String) throws {
        #expect(JSONWriter.line(try ContentsPath.value(at: path, in: contents)) == expected)
    }

    @Test(arguments: [
        ("wbe", "wbe: there is no \"wbe\". Did you mean \"web\"?"),
        ("web.lisetn", "web.lisetn: there is no \"lisetn\". Did you mean \"listen\"?"),
        ("web.listen.port", "web.listen.port: there is nothing inside of text"),
        ("web.", "web.: there is no \"\". Allowed: listen, limits."),
        ("", ": there is no \"\". Allowed: web, backends/api."),
        ("backends/api.list.0", "backends/api.list.0: there is nothing inside of a list"),
    ])
    func offersTheNearestWord(path: String, expected: String) {
        let error = #expect(throws: ControlError.self) { try ContentsPath.value(at: path, in: contents) }
        #expect(error?.description == expected)
    }

    @Test(arguments: [
        ("web.tap", "web.sock"), ("/srv/web.tap", "/srv/web.sock"), ("web", "web.sock"),
        ("/srv.d/web", "/srv.d/web.sock"),
        (".tap", ".tap.sock"), ("/a/.tap", "/a/.tap.sock"), ("a.b.tap", "a.b.sock"), ("./web.tap", "./web.sock"),
    ])
    func theSocketStandsBesideTheTap(tap: String, expected: String) {
        #expect(ControlSocket.path(forTap: tap) == expected)
    }

    @Test func aShortPathIsTakenAsItIs() {
        #expect(SocketAddress("/run/a.sock").text == "/run/a.sock")
        #expect(SocketAddress("a.sock").text == "a.sock")
    }

    @Test func aLongPathGoesThroughItsFolder() throws {
        try withTemporaryFolder { folder in
            let deep = folder + "/" + String(repeating: "d", count: 120)
            #expect(mkdir(deep, 0o700) == 0)
            let address = SocketAddress(deep + "/a.sock")
            #expect(address.text.utf8.count < 108)
            let file = open(address.text, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
            #expect(file >= 0)
            close(file)
            #expect(access(deep + "/a.sock", F_OK) == 0)
            withExtendedLifetime(address) {}
        }
    }

    @Test func nobodyAnswersWhereThereIsNoSocket() throws {
        try withTemporaryFolder { folder in
            #expect(ControlSocket.connectionError(folder + "/none.sock") == ENOENT)
            let absent = try RemoteApplication(socket: folder + "/none.sock")
            #expect(absent == nil)
        }
    }
}
