import Glibc
import TapTesting
import Taproom
import Testing

@testable import TapWeb

@Suite(.timeLimit(.minutes(2)))
struct ServingTests {
    @Test func servesAFileWithEverythingThatDescribesIt() async throws {
        let folder = try sampleFolder()
        age(folder["hello.txt"])
        let response = try await serving(folder) { try await $0.connect().request("/hello.txt?v=1") }
        #expect(response.status == 200)
        #expect(response.text == "hello")
        #expect(response["Content-Type"] == "text/plain; charset=utf-8")
        #expect(response["Last-Modified"] == "Sun, 09 Sep 2001 01:46:40 GMT")
        #expect(response["ETag"]?.hasPrefix("\"") == true)
        #expect(response["Accept-Ranges"] == "bytes")
        #expect(response["Server"] == "taproom")
        #expect(response["X-Content-Type-Options"] == "nosniff")
        #expect(response["Date"].flatMap(HTTPDate.seconds) != nil)
        #expect(response["Connection"] == nil)
    }

    @Test func servesThousandsOfFiles() async throws {
        let folder = try TemporaryFolder()
        for number in 0..<3000 { try folder.write("file \(number)", to: "d\(number % 10)/f\(number).txt") }
        try await serving(folder) { service in
            let connection = try service.connect()
            for number in 0..<3000 {
                let response = try await connection.request("/d\(number % 10)/f\(number).txt")
                #expect(response.text == "file \(number)")
            }
        }
    }

    @Test(arguments: [
        ("/", 200, "<h1>home</h1>"), ("/sub/", 200, "inner"), ("/sub/a%20b.txt", 200, "spaced"),
        ("/sub/../hello.txt", 200, "hello"),
        ("//hello.txt", 200, "hello"), ("http://elsewhere/hello.txt", 200, "hello"), ("/./sub/./", 200, "inner"),
    ])
    func findsFiles(target: String, status: Int, text: String) async throws {
        let response = try await serving(try sampleFolder()) { try await $0.connect().request(target) }
        #expect(response.status == status)
        #expect(response.text == text)
    }

    @Test(arguments: [
        ("/none", 404), ("/hello.txt/", 404), ("/hello.txt/x", 404), ("/empty/", 403), ("/../etc/passwd", 400),
        ("/..%2f..%2fetc/passwd", 400), ("/%2e%2e/%2e%2e/etc/passwd", 400), ("/sub/../../etc/passwd", 400),
        ("/..\\..\\etc", 404), ("/%c0%ae%c0%ae/etc/passwd", 404), ("/a%00b", 400), ("/%zz", 400), ("/%", 400),
        ("/" + String(repeating: "a", count: 300), 404), ("/" + String(repeating: "a/", count: 3000), 404),
    ])
    func refusesPaths(target: String, status: Int) async throws {
        let response = try await serving(try sampleFolder()) { try await $0.connect().request(target) }
        #expect(response.status == status)
        #expect(!response.text.contains("root:"))
        #expect(!response.text.contains("/tmp"))
    }

    @Test func servesNamesInAnyEncoding() async throws {
        let folder = try TemporaryFolder()
        try folder.write("umlaut", to: "größe ✓.txt")
        let name = Array((folder.path + "/").utf8CString.dropLast()) + [-1, -2, 0]
        let file = open(name, O_WRONLY | O_CREAT | O_CLOEXEC, 0o644)
        write(file, "bytes", 5)
        close(file)
        try await serving(folder) { service in
            let connection = try service.connect()
            let encoded = try await connection.request("/gr%C3%B6%C3%9Fe%20%E2%9C%93.txt")
            #expect(encoded.text == "umlaut")
            let bytes = try await connection.request("/%FF%FE")
            #expect(bytes.text == "bytes")
        }
    }

    @Test func hidesDotFilesUntilTold() async throws {
        let folder = try TemporaryFolder()
        try folder.write("secret", to: ".env")
        try folder.write("acme", to: ".well-known/token")
        try await serving(folder) { service in
            let connection = try service.connect()
            for target in ["/.env", "/%2eenv", "/sub/../.env"] {
                let response = try await connection.request(target)
                #expect(response.status == 404)
            }
            let known = try await connection.request("/.well-known/token")
            #expect(known.text == "acme")
        }
        let shown = try await serving(folder, change: { $0.dotfiles = true }) {
            try await $0.connect().request("/.env")
        }
        #expect(shown.text == "secret")
    }

    @Test(arguments: [
        (WebSettings.Symlinks.inside, 200, 404, 200), (.never, 404, 404, 404), (.anywhere, 200, 200, 200),
    ])
    func followsLinksBySetting(symlinks: WebSettings.Symlinks, inside: Int, outside: Int, folderLink: Int) async throws
    {
        let other = try TemporaryFolder()
        try other.write("secret", to: "secret.txt")
        let folder = try sampleFolder()
        try folder.link("inside", to: "sub/index.html")
        try folder.link("folder", to: "sub")
        try folder.link("outside", to: other["secret.txt"])
        try folder.link("absolute", to: folder["sub/index.html"])
        try await serving(folder, change: { $0.symlinks = symlinks }) { service in
            let connection = try service.connect()
            let statuses = [
                try await connection.request("/inside").status, try await connection.request("/outside").status,
                try await connection.request("/folder/").status, try await connection.request("/absolute").status,
            ]
            #expect(statuses == [inside, outside, folderLink, inside])
        }
    }

    @Test func servesNoFIFOsAndNoDevices() async throws {
        let folder = try sampleFolder()
        mkfifo(folder["pipe"], 0o644)
        let response = try await serving(folder) { try await $0.connect().request("/pipe") }
        #expect(response.status == 404)
    }

    @Test(.enabled(if: getuid() != 0, "the superuser reads everything"))
    func refusesFilesItMayNotRead() async throws {
        let folder = try sampleFolder()
        chmod(folder["hello.txt"], 0)
        let response = try await serving(folder) { try await $0.connect().request("/hello.txt") }
        #expect(response.status == 403)
    }

    @Test func sendsToTheSlashOfAFolder() async throws {
        let folder = try sampleFolder()
        try folder.makeFolder("evil.example")
        try await serving(folder) { service in
            let connection = try service.connect()
            let plain = try await connection.request("/sub?a=b")
            #expect(plain.status == 301)
            #expect(plain["Location"] == "/sub/?a=b")
            let evil = try await connection.request("//evil.example")
            #expect(evil["Location"] == "/evil.example/")
        }
    }

    @Test func showsChangesAtOnce() async throws {
        let folder = try sampleFolder()
        age(folder["hello.txt"])
        try await serving(folder) { service in
            let connection = try service.connect()
            var tags: Set<String?> = []
            for text in ["hello", "HELLO", "other", "a longer one", "", "hello"] {
                if text != "hello" || !tags.isEmpty { try folder.write(text, to: "hello.txt") }
                let response = try await connection.request("/hello.txt")
                #expect(response.text == text)
                tags.insert(response["ETag"])
            }
            try folder.write("new", to: "next")
            rename(folder["next"], folder["hello.txt"])
            let renamed = try await connection.request("/hello.txt")
            #expect(renamed.text == "new")
            unlink(folder["hello.txt"])
            let gone = try await connection.request("/hello.txt")
            #expect(gone.status == 404)
        }
    }

    @Test func showsChangesOfLargeFilesAtOnce() async throws {
        let folder = try TemporaryFolder()
        func put(_ letter: String) throws {
            try folder.write(String(repeating: letter, count: 200_000), to: "next.bin")
            age(folder["next.bin"])
            rename(folder["next.bin"], folder["large.bin"])
        }
        try put("a")
        try await serving(folder) { service in
            let connection = try service.connect()
            for letter in ["a", "b", "c"] {
                if letter != "a" { try put(letter) }
                for _ in 0..<2 {
                    let response = try await connection.request("/large.bin")
                    #expect(response.text.count == 200_000 && response.text.hasSuffix(letter))
                }
            }
            let part = try await connection.request("/large.bin", "Range: bytes=199999-")
            #expect(part.text == "c")
            unlink(folder["large.bin"])
            let gone = try await connection.request("/large.bin")
            #expect(gone.status == 404)
        }
    }

    @Test func prefersEarlierIndexNamesAsSoonAsTheyAppear() async throws {
        let folder = try TemporaryFolder()
        try folder.write("later", to: "index.htm")
        try await serving(folder, change: { $0.index = ["index.html", "index.htm"] }) { service in
            let connection = try service.connect()
            let later = try await connection.request("/")
            #expect(later.text == "later")
            try folder.write("earlier", to: "index.html")
            let earlier = try await connection.request("/")
            #expect(earlier.text == "earlier")
        }
    }

    @Test func servesASingleFile() async throws {
        let folder = try sampleFolder()
        try await serving(folder, change: { $0.static = LocalPath(folder["hello.txt"]) }) { service in
            let connection = try service.connect()
            let file = try await connection.request("/")
            #expect(file.text == "hello")
            #expect(file["Content-Type"] == "text/plain; charset=utf-8")
            let other = try await connection.request("/digits.bin")
            #expect(other.status == 404)
        }
    }

    @Test func welcomesWithoutAFolder() async throws {
        let response = try await withService(Web.self) { try await $0.connect().request("/") }
        #expect(response.status == 200)
        #expect(response.text.contains("--static"))
    }

    @Test func refusesToStartWithoutTheFolder() async throws {
        let folder = try TemporaryFolder()
        let error = await #expect(throws: SiteError.self) {
            try await serving(folder, change: { $0.static = LocalPath("/nowhere/at/all") }) { _ in }
        }
        #expect(
            error?.description
                == "cannot open the folder /nowhere/at/all: no such file or directory. Make it, or set static to one that is there."
        )
    }

    @Test func listsFoldersWhenTold() async throws {
        let folder = try sampleFolder()
        try folder.write("x", to: "sub2/<&>\"'#?.txt")
        try folder.write("x", to: "sub2/.hidden")
        try folder.makeFolder("sub2/zoo")
        try folder.link("sub2/out", to: "/etc/passwd")
        try folder.link("sub2/in", to: "../hello.txt")
        try await serving(folder, change: { $0.listing = true }) { service in
            let connection = try service.connect()
            let page = try await connection.request("/sub2/")
            #expect(page.status == 200)
            #expect(page["Cache-Control"] == "no-cache")
            #expect(page["Content-Type"] == "text/html; charset=utf-8")
            #expect(page.text.contains("<a href=\"./%3C%26%3E%22%27%23%3F.txt\">&lt;&amp;&gt;&quot;&#39;#?.txt</a>"))
            #expect(page.text.contains("<html lang=\"en\">"))
            #expect(page.text.contains("<caption>1 folder, 2 files</caption>"))
            #expect(!page.text.contains("hidden"))
            #expect(!page.text.contains("./out"))
            let index = try await connection.request("/sub/")
            #expect(index.text == "inner")
            let head = try await connection.request("/sub2/", method: "HEAD")
            #expect(head["Content-Length"] == page["Content-Length"])
        }
    }

    @Test func listsTenThousandEntries() async throws {
        let folder = try TemporaryFolder()
        for number in 0..<10_000 { try folder.write("", to: "file\(number)") }
        let page = try await serving(folder, change: { $0.listing = true }) { try await $0.connect().request("/") }
        #expect(page.text.contains("10000 files"))
        #expect(page.text.contains("file9999"))
    }

    @Test func countsAndGoesOnCountingAfterARestart() async throws {
        let folder = try sampleFolder()
        let state = TestState()
        for round in Int64(1)...2 {
            try await serving(folder, state: state) { service in
                let connection = try service.connect()
                _ = try await connection.request("/hello.txt")
                _ = try await connection.request("/none")
                _ = try await connection.request("/hello.txt", "If-None-Match: *")
            }
            let counters = try await state.value(Web.counters)
            #expect(counters.requests.successful == round)
            #expect(counters.requests.refused == round)
            #expect(counters.requests.redirected == round)
            #expect(counters.bytes.successful == 5 * round)
        }
    }
}
