import Testing

@testable import TapWeb

struct RequestPathTests {
    @Test(
        arguments: [
            ("/", [], true), ("/a", ["a"], false), ("/a/", ["a"], true), ("/a/b.html", ["a", "b.html"], false),
            ("//a//b", ["a", "b"], false), ("/a/./b", ["a", "b"], false), ("/a/.", ["a"], true), ("/a/..", [], true),
            ("/a/../b", ["b"], false), ("/a/%2e%2E/b", ["b"], false), ("/a%20b", ["a b"], false),
            ("/a+b", ["a+b"], false),
            ("/%C3%A4", ["ä"], false), ("/ä", ["ä"], false), ("/%2541", ["%41"], false), ("/...", ["..."], false),
            ("/a?b/../c", ["a"], false), ("/a;b", ["a;b"], false), ("http://host/x", ["x"], false),
            ("http://host", [], true),
            ("https://host:8/x/", ["x"], true), ("/a%5Cb", ["a\\b"], false), ("/..a/b..", ["..a", "b.."], false),
        ] as [(String, [String], Bool)])
    func resolves(target: String, segments: [String], isFolder: Bool) throws {
        let path = try RequestPath(target)
        #expect(path.segments == segments.map { Array($0.utf8) })
        #expect(path.isFolder == isFolder)
    }

    @Test(arguments: [
        ("", RequestPath.Problem.notAPath), ("*", .notAPath), ("a", .notAPath), ("host:80", .notAPath),
        ("?x", .notAPath),
        ("http://", .notAPath), ("ftp://host/a", .notAPath),
        ("/%", .invalidEscape), ("/%4", .invalidEscape), ("/%zz", .invalidEscape), ("/%u0041", .invalidEscape),
        ("/a%2Fb", .forbiddenByte), ("/a%2fb", .forbiddenByte), ("/a%00", .forbiddenByte),
        ("/..%2f..%2fetc", .forbiddenByte),
        ("/..", .aboveRoot), ("/../a", .aboveRoot), ("/a/../../b", .aboveRoot), ("/%2e%2e/a", .aboveRoot),
        ("/.%2e/a", .aboveRoot), ("/a/%2e%2e/%2e%2e/", .aboveRoot), ("//..//a", .aboveRoot), ("/./../a", .aboveRoot),
    ])
    func refuses(target: String, problem: RequestPath.Problem) {
        #expect(throws: problem) { try RequestPath(target) }
    }

    @Test func keepsBytesThatAreNotUTF8() throws {
        #expect(try RequestPath("/%FF%fe").segments == [[0xFF, 0xFE]])
    }

    @Test(arguments: [
        ("/.git/config", true), ("/a/.hidden", true), ("/.well-known/acme", false), ("/a/.well-known/x", true),
        ("/.well-known/.x", true), ("/a.b", false), ("/%2egit", true), ("/.well-known", false), ("/..git", true),
    ])
    func knowsHiddenNames(target: String, isHidden: Bool) throws {
        #expect(try RequestPath(target).isHidden == isHidden)
    }

    @Test(arguments: [
        ("/a", "/a/"), ("//evil.example", "/evil.example/"), ("/\\evil", "/%5Cevil/"), ("/a b/ü", "/a%20b/%C3%BC/"),
        ("/a%0d%0ab", "/a%0D%0Ab/"), ("/x:y", "/x%3Ay/"),
    ])
    func writesLocationsThatStayHere(target: String, location: String) throws {
        #expect(try RequestPath(target).folderLocation == location)
    }

    @Test func keepsTheQuery() throws {
        #expect(try RequestPath("/a?b=c&d?e").query == "?b=c&d?e")
        #expect(try RequestPath("/a").query == "")
    }
}
