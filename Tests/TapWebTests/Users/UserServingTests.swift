import ArgumentParser
import Glibc
import ServiceLifecycle
import TapTesting
import Taproom
import Testing

@testable import TapWeb

/// The kind `web` on a machine whose only user is Ada, with the home that a field of the responses names.
private struct AdasMachine: ServiceKind {
    typealias Settings = WebSettings
    typealias Options = WebOptions

    static let word = "web"
    static let summary = "Serves Ada's pages."
    static var state: [any StateDeclaration] { Web.state }

    static func makeService(settings: WebSettings, context: ServiceContext) async throws -> any Service {
        let counters = try await context.open(Web.counters)
        let records = ServiceRecords(context.name, counters, context.logger)
        let site = try Site(settings, logger: context.logger, records: records) { name in
            guard name == "ada", let home = settings.headers["X-Home"] else { return nil }
            return UserAccount(name: "ada", number: TestUser.number, home: home)
        }
        return WebServer(site, context: context)
    }
}

@Suite(.timeLimit(.minutes(2)))
struct UserServingTests {
    private func home() throws -> TemporaryFolder {
        let home = try TemporaryFolder()
        try home.write("secret", to: "secret.txt")
        try home.write("<p>Ada</p>", to: "public_html/index.html")
        try home.write("text", to: "public_html/sub/a.txt")
        try home.write("hidden", to: "public_html/.hidden")
        symlink("../secret.txt", home["public_html/out"])
        symlink("/etc/passwd", home["public_html/far"])
        symlink("sub/a.txt", home["public_html/in"])
        chown(home["public_html"], TestUser.number, 0)
        return home
    }

    private func serving<Result>(
        _ home: TemporaryFolder, _ site: TemporaryFolder? = nil, change: (inout WebSettings) -> Void = { _ in },
        _ body: (RunningService) async throws -> Result
    ) async throws -> Result {
        var settings = WebSettings()
        settings.static = site?.local
        settings.users = TestUser.settings
        settings.headers = ["X-Home": home.path]
        change(&settings)
        return try await withService(AdasMachine.self, settings: settings, body)
    }

    @Test func servesFoldersOfUsersBesideTheSite() async throws {
        try await serving(try home(), try sampleFolder()) { service in
            let connection = try service.connect()
            for (target, status, text) in [
                ("/", 200, "<h1>home</h1>"), ("/hello.txt", 200, "hello"), ("/~ada/", 200, "<p>Ada</p>"),
                ("/~ada/sub/a.txt", 200, "text"), ("/%7eada/in", 200, "text"), ("/x/../~ada/in", 200, "text"),
                ("/~ada/.hidden", 404, nil), ("/~ada/out", 404, nil), ("/~ada/far", 404, nil), ("/~ada/none", 404, nil),
                ("/~ada/sub/", 403, nil), ("/~ada/../~ada/in", 200, "text"), ("/~ada/../../", 400, nil),
                ("/~root/", 404, nil),
                ("/~nobody/", 404, nil), ("/~", 404, nil), ("/~../", 404, nil), ("/~ada%2f..", 400, nil),
                ("/~%00", 400, nil),
                ("/~ADA/", 404, nil), ("/sub/~ada/", 404, nil), ("/~ada/%2e%2e/secret.txt", 404, nil),
            ] as [(String, Int, String?)] {
                let response = try await connection.request(target)
                #expect(response.status == status, "\(target)")
                if let text { #expect(response.text == text, "\(target)") }
            }
            let slash = try await connection.request("/~ada?x")
            #expect(slash.status == 301)
            #expect(slash["Location"] == "/~ada/?x")
        }
    }

    @Test func showsANewFolderInPlaceOfAnOldOne() async throws {
        let home = try home()
        for name in ["public_html/index.html", "public_html/sub/a.txt"] { age(home[name]) }
        try await serving(home, change: { $0.listing = true }) { service in
            let connection = try service.connect()
            for _ in 0..<2 { #expect(try await connection.request("/~ada/").text == "<p>Ada</p>") }
            #expect(try await connection.request("/~ada/sub/").status == 200)
            // What an old folder has is in no memory, though the folder itself is looked for every few seconds only.
            unlink(home["public_html/index.html"])
            try home.write("new", to: "public_html/index.html")
            age(home["public_html/index.html"])
            #expect(try await connection.request("/~ada/").text == "new")
        }
    }

    @Test func leavesUsersOutUnlessItIsTold() async throws {
        try await serving(try home(), try sampleFolder(), change: { $0.users.folder = nil }) { service in
            let connection = try service.connect()
            #expect(try await connection.request("/~ada/").status == 404)
        }
    }

    @Test func passesRequestsOnToAUsersOwnServer() async throws {
        let home = try home()
        let path = home[UserAccount.socketName]
        var own = WebSettings()
        var route = WebRoute()
        (route.path, route.static) = ("/~ada", LocalPath(home["public_html/sub"]))
        own.listen = [Endpoint(.unix(path: path, mode: 0o666))]
        own.routes = [route]
        try await withService(Web.self, settings: own) { _ in
            chown(path, TestUser.number, 0)
            try await serving(home) { service in
                let connection = try service.connect()
                for (target, status, text) in [
                    ("/~ada/a.txt", 200, "text"), ("/~ada/in", 404, nil), ("/~ada", 301, nil), ("/~eve/", 404, nil),
                    ("/~ada/a.txt", 200, "text"),
                ] as [(String, Int, String?)] {
                    let response = try await connection.request(target)
                    #expect(response.status == status, "\(target)")
                    if let text { #expect(response.text == text, "\(target)") }
                    if target == "/~ada" { #expect(response["Location"] == "/~ada/") }
                }
            }
            // Who says that folders are all that counts gets them.
            try await serving(home, change: { $0.users.personal = false }) { service in
                let connection = try service.connect()
                #expect(try await connection.request("/~ada/").text == "<p>Ada</p>")
            }
        }
    }

    @Test func saysWhenAUsersServerIsGone() async throws {
        let home = try home()
        do {
            let socket = try ListeningSocket(Endpoint(.unix(path: home["gone"], mode: nil)))
            rename(home["gone"], home[UserAccount.socketName])
            chown(home[UserAccount.socketName], TestUser.number, 0)
            withExtendedLifetime(socket) {}
        }
        try await serving(home) { service in
            let connection = try service.connect()
            #expect(try await connection.request("/~ada/").status == 502)
        }
    }

    @Test func makesBothServersFromOptions() throws {
        let all = try WebOptions.parse(["--user", "--path", "/srv/www"]).settings()
        #expect(all.users == TestUser.settings)
        #expect(all.static == LocalPath("/srv/www"))
        let account = try #require(UserAccount.own)
        let mine = try WebOptions.parse(["--personal"]).settings()
        #expect(mine.endpoints.map(\.description) == ["unix:\(account.home)/.twistd-web-pb:mode=666"])
        #expect(mine.routes.map(\.path) == ["/~\(account.name)"])
        #expect(mine.routes.map(\.static) == [LocalPath("\(account.home)/public_html")])
        #expect(mine.static == nil)
        #expect(mine.problems().isEmpty)
        let elsewhere = try WebOptions.parse(["--personal", "--path", "/srv/me", "--port", "8081"]).settings()
        #expect(elsewhere.endpoints.map(\.description) == ["tcp:8081"])
        #expect(elsewhere.routes.map(\.static) == [LocalPath("/srv/me")])
        #expect(throws: (any Error).self) { try WebOptions.parse(["--personal", "--user"]).settings() }
    }

    @Test(arguments: ["", "/etc", "..", "a/../b", "a//b", "a/", "./a"])
    func refusesFoldersThatAreNotBelowAHome(folder: String) {
        var settings = WebSettings()
        settings.users.folder = folder
        #expect(settings.problems().map(\.key) == ["users.folder"])
    }
}
