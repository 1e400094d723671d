import Glibc
import TapProcess
import TapTesting
import Taproom
import Testing

@testable import TapInetd

@Suite(.timeLimit(.minutes(5)))
struct InetdTests {
    let folder: TemporaryFolder
    let log = RecordedLog()

    init() throws { folder = try TemporaryFolder() }

    @Test func isAGoodKind() throws {
        var sample = entry("exit", in: folder)
        sample.errors = .socket
        sample.limits.files = 20
        try KindConformance.check(Inetd.self, samples: [settings(sample, entry(.daytime))])
    }

    @Test func startsAProgramForEachConnection() async throws {
        let words = "read -r line; echo \"got $line\"; pwd; test -t 0 || ls /proc/self/fd | wc -l"
        try await withService(Inetd.self, settings: settings(entry(words, in: folder))) { service in
            async let first = service.netcat("one\n")
            async let second = service.netcat("two\n")
            // ls has the folder open that it lists.
            let firstAnswer = try await first
            #expect(firstAnswer == "got one\n\(folder.path)\n4\n")
            let secondAnswer = try await second
            #expect(secondAnswer == "got two\n\(folder.path)\n4\n")
        }
    }

    @Test func answersARealBrowser() async throws {
        let words = """
            while read -r line; do [ "$line" = "$(printf '\\r')" ] && break; done
            printf 'HTTP/1.0 200 OK\\r\\nContent-Length: 6\\r\\n\\r\\nhello\\n'
            """
        try await withService(Inetd.self, settings: settings(entry(words, in: folder))) { service in
            guard case .tcp(let host, let port) = service.addresses[0] else { return }
            let answer = try await Program.run("curl", ["-s", "--max-time", "60", "http://\(host):\(port)/"], in: "/")
            #expect(answer.output == "hello\n")
        }
    }

    @Test func whatGoesWrongIsInTheLogOrAtTheClient() async throws {
        let words = "echo secret >&2; echo told"
        var open = entry(words, in: folder)
        open.errors = .socket
        let both = settings(entry(words, in: folder), open)
        try await withService(Inetd.self, settings: both, logger: log.logger) { service in
            let answer1 = try await service.netcat("")
            #expect(answer1 == "told\n")
            await log.contains("[\"text\": secret]")
            let answer2 = try await service.netcat("", to: 1)
            #expect(answer2 == "secret\ntold\n")
        }
    }

    @Test func furtherClientsOfOneSourceAreClosed() async throws {
        var one = entry("cat", in: folder)
        one.perSource = 1
        try await withService(Inetd.self, settings: settings(one)) { service in
            let first = try service.connect()
            try await first.send("a")
            _ = try await first.receive(count: 1)
            let second = try service.connect()
            #expect(try await second.receiveAll() == [])
            try await first.abort()
        }
    }

    @Test func clientsWaitForRoom() async throws {
        var one = entry("echo x >>starts; read -r line; echo done", in: folder)
        one.atOnce = 1
        try await withService(Inetd.self, settings: settings(one)) { service in
            let first = try service.connect()
            let second = try service.connect()
            try await second.send("b\n")
            try await first.send("a\n")
            #expect(try await first.receiveAll() == Array("done\n".utf8))
            #expect(try await second.receiveAll() == Array("done\n".utf8))
        }
    }

    @Test func aProgramCanServeTheSocketItself() async throws {
        let program = """
            import socket, sys
            s = socket.socket(fileno=0)
            for _ in range(2):
                c, _ = s.accept(); c.sendall(b"served\\n"); c.close()
            open("ends", "a").write("x\\n")
            """
        var waiting = entry("", in: folder)
        waiting.command = ["python3", "-c", program]
        waiting.wait = true
        try await withService(Inetd.self, settings: settings(waiting)) { service in
            for _ in 0..<4 {
                let answer3 = try await service.netcat("")
                #expect(answer3 == "served\n")
            }
            // Twice a program, with two clients each.
            while (folder.contents("ends") ?? "") != "x\nx\n", !Task.isCancelled { await Task.yield() }
        }
    }

    @Test func aProgramReadsDatagrams() async throws {
        let program = """
            import socket
            s = socket.socket(fileno=0)
            data, address = s.recvfrom(65536); s.sendto(b"got " + data, address)
            """
        var waiting = entry("", in: folder)
        (waiting.command, waiting.wait, waiting.listen) = (["python3", "-c", program], true, [datagrams])
        try await withService(Inetd.self, settings: settings(waiting)) { service in
            let answer4 = try await service.datagram("one")
            #expect(answer4 == "got one")
            let answer5 = try await service.datagram("two")
            #expect(answer5 == "got two")
        }
    }

    @Test func aProgramThatHasTheSocketEndsWithTheService() async throws {
        var waiting = entry("echo $$ >number.tmp; mv number.tmp number; exec sleep 1000", in: folder)
        waiting.wait = true
        var process: Int32 = 0
        try await withService(Inetd.self, settings: settings(waiting)) { service in
            let client = try service.connect()
            process = await folder.number(in: "number")
            try await client.abort()
        }
        #expect(kill(process, 0) < 0)
    }

    @Test func internalServicesAnswer() async throws {
        let all = settings(
            entry(.echo), entry(.discard), entry(.daytime), entry(.time), entry(.chargen), entry(.echo, at: datagrams),
            entry(.time, at: datagrams), entry(.chargen, at: datagrams))
        try await withService(Inetd.self, settings: all) { service in
            let answer6 = try await service.netcat("hello")
            #expect(answer6 == "hello")
            let answer7 = try await service.netcat("hello", to: 1)
            #expect(answer7 == "")
            let day = try await service.netcat("", to: 2)
            #expect(day.hasSuffix("\r\n") && day.contains(":"))
            let client = try service.connect(to: 3)
            let bytes = try await client.receive(count: 4)
            let seconds = bytes.reduce(0) { $0 << 8 | Int($1) } - 2_208_988_800
            #expect(abs(seconds - time(nil)) < 600)
            let characters = try service.connect(to: 4)
            let text = try await characters.receive(count: 148)
            #expect(text.starts(with: Array(" !\"#$%&'()*+".utf8)) && text[74] == UInt8(ascii: "!"))
            #expect(Array(text[72..<74]) == [13, 10])
            try await characters.abort()
            let answer8 = try await service.datagram("ping", to: 5)
            #expect(answer8 == "ping")
            let answer9 = try await service.datagram("", to: 6)
            #expect(answer9.unicodeScalars.count == 4)
            let answer10 = try await service.datagram("", to: 7)
            #expect(answer10.hasSuffix("\r\n"))
        }
    }

    @Test func saysWhatIsMissing() async throws {
        var missing = entry("", in: folder)
        missing.command = ["no-such-program"]
        let error = await #expect(throws: InetdError.self) {
            try await withService(Inetd.self, settings: settings(missing)) { _ in }
        }
        #expect(
            error.map { "\($0)" }
                == "entry \"test\": cannot find an executable program \"no-such-program\". Install it, or take the entry out"
        )
    }

    @Test func programsChangeWhileOthersRun() {
        let old = settings(entry("a", in: folder))
        var new = old
        new.entries[0].command = ["b"]
        new.entries[0].perSource = 1
        #expect(Inetd.canReconfigure(from: old, to: new))
        new.entries[0].wait = true
        #expect(!Inetd.canReconfigure(from: old, to: new))
        #expect(!Inetd.canReconfigure(from: old, to: settings()))
    }
}
