import TapTesting
import Testing

@testable import TapWeb

@Suite(.timeLimit(.minutes(1)))
struct OwnPartTests {
    @Test func escapesWhatIsPutIntoHTML() {
        let evil = "<script>alert('x') & \"y\"</script>\0"
        let html: HTML = "<p title=\"\(evil)\">\(evil)</p>"
        let text = "&lt;script&gt;alert(&#39;x&#39;) &amp; &quot;y&quot;&lt;/script&gt;"
        #expect(html.markup == "<p title=\"\(text)\">\(text)</p>")
    }

    @Test func putsHTMLTogether() {
        let inner: HTML = "<b>\(1)</b>"
        let names: [String] = ["a", "<b>"]
        let html: HTML = """
            \(inner)\(each: names, { "<i>\($0)</i>" })\(if: names.isEmpty, "none", else: "\(names.count) names")\
            \(if: names.isEmpty, "none")\(HTML(trusted: "<hr>"))
            """
        #expect(html.markup == "<b>1</b><i>a</i><i>&lt;b&gt;</i>2 names<hr>")
    }

    @Test(arguments: [
        ("https://example.com/?a=1&b", "https://example.com/?a=1&amp;b"), ("/a:b", "/a:b"), ("page", "page"),
        ("mailto:a@b", "mailto:a@b"), ("HTTP://x", "HTTP://x"), ("javascript:alert(1)", "#"),
        ("java\tscript:alert(1)", "#"),
        (" javascript:alert(1)", "#"), ("JavaScript:x", "#"), ("data:text/html,x", "#"), ("\u{1}javascript:x", "#"),
        ("?a:b", "?a:b"), ("", ""),
    ])
    func letsOnlyHarmlessLinksIn(url: String, result: String) {
        let html: HTML = "\(url: url)"
        #expect(html.markup == result)
    }

    @Test func readsNoMoreThanAThousandPairs() {
        #expect(FormValues(String(repeating: "a&", count: 5000)).pairs.count == 1000)
        #expect(FormValues("").pairs.isEmpty)
        #expect(FormValues("a=b=c&a=%4").all("a") == ["b=c", "%4"])
    }

    @Test func namesCountBeforeWords() {
        let patterns = ["/{a...}", "/{a}/b", "/a/{b}", "/a/b", "/a/{b...}", "/"].map(RoutePattern.init)
            .sorted { $0.comesBefore($1) }.map(\.text)
        #expect(patterns == ["/a/b", "/a/{b}", "/a/{b...}", "/{a}/b", "/{a...}", "/"])
    }

    @Test func anInboxHoldsAndLetsGoOn() async throws {
        let occasions = Occasions()
        let inbox = Inbox<Int>(limit: 10) { occasions.happened("resumed") }
        #expect(!inbox.add(1, bytes: 6))
        #expect(inbox.add(2, bytes: 6))
        #expect(try await inbox.next() == 1)
        #expect(try await inbox.next() == 2)
        await occasions.wait(for: "resumed")
        #expect(!inbox.add(3, bytes: 6))
        inbox.finish()
        #expect(!inbox.add(4, bytes: 6))
        #expect(try await inbox.next() == 3)
        #expect(try await inbox.next() == nil)
        #expect(try await inbox.next() == nil)
    }

    @Test func anInboxLetsACancelledTaskGo() async throws {
        let inbox = Inbox<Int>(limit: 10) {}
        let task = Task { try await inbox.next() }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        _ = inbox.add(1, bytes: 1)
        #expect(try await inbox.next() == 1)
    }
}
