import NIOCore
import NIOHTTP1
import Testing

@testable import TapWeb

/// What the reader of responses makes of bytes, however they are cut.
struct ProxyResponseTests {
    private func read(
        _ text: String, step: Int = .max, isHead: Bool = false, mayUpgrade: Bool = false, ends: Bool = false
    ) -> [String] {
        var reader = ResponseReader()
        reader.expect(isHead: isHead, mayUpgrade: mayUpgrade)
        var events: [String] = []
        var body = ""
        func note(_ event: ResponseReader.Event) {
            switch event {
            case .interim(let head): events.append("interim \(head.status.code)")
            case .upgrade(let head): events.append("upgrade \(head.fields.map(\.name).joined(separator: ","))")
            case .head(let head):
                let fields = head.fields.map { "\($0.name)=\($0.value)" }
                events.append((["\(head.status.code)"] + fields).joined(separator: " "))
            case .body(let bytes): body += String(buffer: bytes)
            case .end(let keepsAlive): events += [body, keepsAlive ? "kept" : "closed"]
            case .failure(let failure): events += body.isEmpty ? ["\(failure)"] : [body, "\(failure)"]
            }
        }
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            reader.add(ByteBuffer(bytes: rest.prefix(step)))
            rest = rest.dropFirst(step)
            while let event = reader.next() { note(event) }
        }
        if ends { note(reader.inputEnded()) }
        return events
    }

    @Test(arguments: [1, 2, 7, Int.max])
    func readsBodiesOfAllKinds(step: Int) {
        #expect(
            read("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-A:  b \r\n\r\nhello", step: step)
                == ["200 Content-Length=5 X-A=b", "hello", "kept"])
        #expect(
            read(
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;x=y\r\nhe\r\n3\r\nllo\r\n0\r\nX-T: t\r\n\r\n",
                step: step) == ["200", "hello", "kept"])
        #expect(read("HTTP/1.1 200 OK\r\n\r\nhello", step: step, ends: true) == ["200", "hello", "closed"])
        #expect(
            read("HTTP/1.0 200\r\nContent-Length: 0\r\n\r\n", step: step) == ["200 Content-Length=0", "", "closed"])
    }

    @Test func readsAnswersWithoutBody() {
        #expect(
            read("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", isHead: true) == ["200 Content-Length=5", "", "kept"])
        #expect(read("HTTP/1.1 304 Not Modified\r\n\r\n") == ["304", "", "kept"])
        #expect(read("HTTP/1.1 204 No\r\nContent-Length: 5\r\n\r\n") == ["204", "", "kept"])
        #expect(read("HTTP/1.1 204 No\r\nConnection: close\r\n\r\n") == ["204", "", "closed"])
    }

    @Test func readsWhatComesBeforeTheAnswer() {
        #expect(
            read("HTTP/1.1 100 C\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\nHTTP/1.1 204 N\r\n\r\n")
                == ["interim 103", "204", "", "kept"])
        let change = "HTTP/1.1 101 S\r\nConnection: upgrade, X-Y\r\nUpgrade: websocket\r\nX-Y: 1\r\nX-Z: 1\r\n\r\n"
        #expect(read(change, mayUpgrade: true) == ["upgrade Upgrade,X-Z"])
        #expect(read(change).first?.hasPrefix("malformed") == true)
    }

    @Test func leavesFieldsOfTheConnectionOut() {
        let head = """
            HTTP/1.1 200 OK\r
            Connection: X-Own, keep-alive\r
            X-Own: 1\r
            Keep-Alive: 1\r
            Upgrade: h2c\r
            Proxy-Authenticate: x\r
            Trailer: x\r
            Server: theirs\r
            Set-Cookie: a\r
            Set-Cookie: b\r
            Content-Length: 0\r
            \r

            """
        #expect(read(head).first == "200 Server=theirs Set-Cookie=a Set-Cookie=b Content-Length=0")
    }

    @Test(arguments: [
        "HTTP/2 200 OK\r\n\r\n", "HTTP/1.1 20 OK\r\n\r\n", "HTTP/1.1 2000\r\n\r\n", "HTTP/1.1 200OK\r\n\r\n",
        "HTTP/1.1 099 A\r\n\r\n", "HTTP/1.1 600 A\r\n\r\n", "HTTP/1.1 200 OK\n\n", "garbage\r\n\r\n", "\r\n\r\n",
        "HTTP/1.1 200 OK\r\nA : b\r\n\r\n", "HTTP/1.1 200 OK\r\n folded\r\n\r\n", "HTTP/1.1 200 OK\r\nnothing\r\n\r\n",
        "HTTP/1.1 200 OK\r\nA: b\nC: d\r\n\r\n", "HTTP/1.1 200 OK\r\nA: \u{1}\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 5, 5\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: +5\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
        "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
    ])
    func refusesWhatIsNoHead(_ text: String) {
        for step in [1, Int.max] {
            let events = read(text, step: step)
            #expect(events.count == 1 && events[0].hasPrefix("malformed"), "\(events)")
        }
    }

    @Test(arguments: [
        "x\r\n", "-1\r\n", "5\nhello", "5\r\nhelloX\r\n", "5 \r\nhello\r\n", "\r\n", "0x5\r\nhello\r\n",
        "1000000000000000\r\n", "1;\u{1}\r\na\r\n", "0\r\nbad line\r\n\r\n", "0\r\nA: b\n\r\n",
    ])
    func refusesWhatAreNoChunks(_ text: String) {
        for step in [1, Int.max] {
            let events = read("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + text, step: step)
            #expect(events.first == "200" && events.last?.hasPrefix("malformed") == true, "\(events)")
        }
    }

    @Test func refusesEndlessHeadsAndTrailers() {
        let field = "X-A: " + String(repeating: "a", count: 1000) + "\r\n"
        let fields = String(repeating: field, count: 70)
        #expect(read("HTTP/1.1 200 OK\r\n" + fields, step: 4096).last?.hasPrefix("malformed") == true)
        #expect(
            read("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n" + fields, step: 4096).last?
                .hasPrefix("malformed") == true)
        #expect(
            read("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + String(repeating: "1", count: 300)).last?
                .hasPrefix("malformed") == true)
    }

    @Test func noticesAnEndThatComesEarly() {
        #expect(read("", ends: true) == ["closed(hadBegun: false)"])
        #expect(read("HTTP/1.1 2", ends: true) == ["closed(hadBegun: true)"])
        #expect(
            read("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel", ends: true)
                == ["200 Content-Length=5", "hel", "closed(hadBegun: true)"])
        #expect(
            read("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n", ends: true)
                == ["200", "hel", "closed(hadBegun: true)"])
    }
}
