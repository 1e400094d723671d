import Glibc
import TapData
import TapTesting
import Taproom
import Testing

/// The kind socks with the clients that people use.
@Suite(.timeLimit(.minutes(5)))
struct SocksTests {
    /// A site to ask for, in a folder of its own, and a proxy.
    private struct Place {
        let bench: Bench
        let site: Served
        let proxy: Served

        init(_ options: String...) async throws {
            bench = try Bench()
            try bench.folder.write("hello\n", to: "site/index.html")
            let usual = ["-o", "site.tap", "web", "--static", "site", "--listen", "tcp:0:interface=127.0.0.1"]
            guard try await bench.run("mktap", usual).status == 0 else { throw TestFailure("no site was made") }
            let made = try await bench.run("mktap", ["socks", "--port", "0"] + options)
            guard made.status == 0 else { throw TestFailure(made.errors) }
            site = try await bench.serve("-f", "site.tap")
            proxy = try await bench.serve("-f", "socks.tap")
        }

        /// What curl gets of the site, with its exit status.
        func curl(_ words: String..., host: String = "127.0.0.1") async throws -> (String, Int32) {
            let outcome = try await Program.run(
                "curl", ["-s", "--max-time", "50"] + words + ["http://\(host):\(site.port)/"], in: "/")
            return (outcome.output, outcome.status)
        }

        /// What a shell gets of the site that sends a request through a program.
        func shell(_ command: String) async throws -> String {
            let line = "printf 'GET / HTTP/1.1\\r\\nHost: a\\r\\nConnection: close\\r\\n\\r\\n' | \(command)"
            return try await Program.run("sh", ["-c", line], in: "/").output
        }

        var address: String { "127.0.0.1:\(proxy.port)" }

        func end() async throws {
            #expect(try await site.stop().status == 0)
            #expect(try await proxy.stop().status == 0)
        }
    }

    @Test func curlGetsThroughInEveryVersion() async throws {
        let place = try await Place()
        for option in ["--socks4", "--socks4a", "--socks5", "--socks5-hostname"] {
            #expect(try await place.curl(option, place.address) == ("hello\n", 0), "\(option)")
            #expect(try await place.curl(option, place.address, host: "localhost") == ("hello\n", 0), "\(option)")
        }
        let counters = try await place.bench.json("tapctl", "show", "socks.tap", "socks.state.counters")
        #expect(counters["connect", "granted"]?.integer == 8)
        try await place.end()
    }

    @Test func curlHasToKnowThePassword() async throws {
        let place = try await Place("--user", "ada:correct horse")
        let address = place.address
        #expect(try await place.curl("--socks5", address, "--proxy-user", "ada:correct horse") == ("hello\n", 0))
        #expect(try await place.curl("--socks5", address, "--proxy-user", "ada:wrong").1 == 97)
        #expect(try await place.curl("--socks5", address).1 == 97)
        #expect(try await place.curl("--socks4", address).1 == 97)
        let text = try await place.bench.done("tapctl", "export", "socks.tap")
        #expect(text.contains("ada: \"$argon2id$") || text.contains("ada: $argon2id$"))
        #expect(!text.contains("correct horse"))
        try await place.end()
    }

    @Test func ncatGetsThrough() async throws {
        let open = try await Place()
        for type in ["socks4", "socks5"] {
            let words = "ncat --proxy \(open.address) --proxy-type \(type) 127.0.0.1 \(open.site.port)"
            #expect(try await open.shell(words).hasSuffix("hello\n"), "\(type)")
        }
        try await open.end()
        let closed = try await Place("--user", "ada:secret")
        let words = "ncat --proxy \(closed.address) --proxy-type socks5"
        let site = "127.0.0.1 \(closed.site.port)"
        #expect(try await closed.shell("\(words) --proxy-auth ada:secret \(site)").hasSuffix("hello\n"))
        #expect(try await closed.shell("\(words) --proxy-auth ada:wrong \(site)") == "")
        try await closed.end()
    }

    @Test func opensNoDoorToEverybodyByMistake() async throws {
        let bench = try Bench()
        for words in [["-i", "0.0.0.0"], ["--listen", "tcp:1080"], ["-i", "0.0.0.0", "--allow", "ports=443"]] {
            let refused = try await bench.run("mktap", ["socks"] + words)
            #expect(refused.status == 64 || refused.status == 78)
            #expect(refused.errors.contains("which others can reach, and nothing says who may use it"))
        }
        try await bench.done("mktap", "socks", "-i", "0.0.0.0", "--allow", "from=10.0.0.0/8")
        try await bench.done("mktap", "--force", "socks", "-i", "0.0.0.0", "--user", "ada:secret")
        let opened = try await bench.run("tapctl", "set", "socks.tap", "socks.authenticate.users={}")
        #expect(opened.status != 0)
        #expect(opened.errors.contains("which others can reach"))
    }

    @Test func theSampleIsAProxyForALocalNetwork() async throws {
        let bench = try Bench()
        let root = String(#filePath.dropLast("Tests/EndToEnd/SocksTests.swift".utf8.count))
        try await bench.done("mktap", "--from", root + "samples/proxy.yaml", "--output", "proxy.tap")
        let shown = try await bench.json("tapctl", "show", "proxy.tap", "socks")
        #expect(shown["limits", "connectionsPerClient"]?.integer == 200)
    }

    @Test func rulesUsersAndLimitsChangeUnderATunnelThatStays() async throws {
        let place = try await Place()
        let address = TestAddress.tcp(host: "127.0.0.1", port: UInt16(place.proxy.port))
        let port = UInt16(place.site.port)
        let request: [UInt8] = [5, 1, 0, 5, 1, 0, 1, 127, 0, 0, 1, UInt8(port >> 8), UInt8(port & 255)]
        let tunnel = try TestConnection(to: address)
        try await tunnel.send(request)
        #expect(try await tunnel.receive(count: 12)[3] == 0)
        func get() async throws -> String {
            try await tunnel.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            return try await tunnel.receive(through: "hello\n")
        }
        #expect(try await get().contains(" 200 "))
        for (setting, reply) in [("deny=[{ports: \(port)}]", 2 as UInt8), ("deny=[]", 0)] {
            try await place.bench.done("tapctl", "set", "socks.tap", "socks.\(setting)")
            let other = try TestConnection(to: address)
            try await other.send(request)
            #expect(try await other.receive(count: 12)[3] == reply)
            #expect(try await get().contains(" 200 "))
        }
        try await place.bench.done("tapctl", "set", "socks.tap", "socks.authenticate.users={ada: secret}")
        #expect(try await place.curl("--socks5", place.address).1 == 97)
        #expect(try await place.curl("--socks5", place.address, "--proxy-user", "ada:secret") == ("hello\n", 0))
        try await place.bench.done("tapctl", "set", "socks.tap", "socks.limits.connections=500", "socks.limits.idle=1m")
        try await place.bench.done("tapctl", "set", "socks.tap", "socks.limits.connectionsPerClient=1")
        #expect(try await TestConnection(to: address).receiveAll() == [])
        #expect(try await get().contains(" 200 "))
        try await tunnel.finishSending()
        try await place.end()
    }

    @Test func countersComeBackAfterAStopAndGoBackWithARollback() async throws {
        let place = try await Place("--log", "requests.log")
        #expect(try await place.curl("--socks5", place.address).1 == 0)
        try await place.bench.done("tapctl", "snapshot", "socks.tap", "one")
        #expect(try await place.curl("--socks5", place.address).1 == 0)
        try await place.end()
        let bench = place.bench
        func granted() async throws -> Int64? {
            try await bench.json("tapctl", "show", "socks.tap", "socks.state.counters")["connect", "granted"]?.integer
        }
        #expect(try await granted() == 2)
        try await bench.done("tapctl", "rollback", "socks.tap", "one", "--state")
        #expect(try await granted() == 1)
        let log = try String(
            decoding: SmallFile.read(bench.folder["requests.log"], atMost: 100_000).bytes, as: UTF8.self)
        #expect(
            log.split(separator: "\n").count { $0.contains("] \"CONNECT 127.0.0.1:\(place.site.port) SOCKS5\" 0 ") }
                == 2)
    }

    @Test func theNextProgramTakesNewClientsAndOpenTunnelsEnd() async throws {
        let place = try await Place()
        let address = TestAddress.tcp(host: "127.0.0.1", port: UInt16(place.proxy.port))
        let target = try TestListener()
        guard case .tcp(_, let port) = target.address else { throw TestFailure("there is no port") }
        func tunnel() async throws -> (TestConnection, TestConnection) {
            let client = try TestConnection(to: address)
            try await client.send([5, 1, 0, 5, 1, 0, 1, 127, 0, 0, 1, UInt8(port >> 8), UInt8(port & 255)])
            #expect(try await client.receive(count: 12)[3] == 0)
            return (client, try await target.accept())
        }
        let (client, server) = try await tunnel()
        let silent = try TestConnection(to: address)
        try await place.bench.done("tapctl", "upgrade", "socks.tap")
        // One that has not asked is closed, and a tunnel that goes on some seconds later.
        #expect(try await silent.receiveAll() == [])
        let (other, otherServer) = try await tunnel()
        #expect(try await client.receiveAll() == [])
        #expect(try await server.receiveAll() == [])
        try await other.send("still here")
        #expect(try await otherServer.receive(count: 10) == Array("still here".utf8))
        try await place.bench.done("tapctl", "stop", "socks.tap")
        #expect(try await place.proxy.program.end().status == 0)
        #expect(try await place.site.stop().status == 0)
    }

    @Test(
        .enabled(
            if: access("/usr/sbin/sshd", X_OK) == 0 && access("/usr/bin/ssh", X_OK) == 0,
            "openssh-server is missing: tools/requirements test installs it"))
    func sshGetsThrough() async throws {
        let place = try await Place()
        let folder = place.bench.folder
        for name in ["host", "key"] {
            let made = try await Program.run(
                "ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", name], in: folder.path)
            try #require(made.status == 0, "\(made.errors)")
        }
        // As root sshd wants a folder of its own there, which Debian makes when it starts the service.
        if geteuid() == 0 { mkdir("/run/sshd", 0o755) }
        guard case .tcp(_, let port) = try ListeningSocket(.tcp(port: 0)).address else { return }
        try folder.write(
            """
            Port \(port)
            ListenAddress 127.0.0.1
            HostKey \(folder["host"])
            AuthorizedKeysFile \(folder["key.pub"])
            PidFile \(folder["sshd.pid"])
            UsePAM no
            StrictModes no
            PermitRootLogin prohibit-password
            """, to: "sshd_config")
        let server = try Program("/usr/sbin/sshd", ["-D", "-e", "-f", "sshd_config"], in: folder.path)
        // It writes down its process when it listens.
        wait { access(folder["sshd.pid"], F_OK) == 0 || kill(server.process, 0) != 0 }
        for type in ["socks4", "socks5"] {
            let outcome = try await Program.run(
                "ssh",
                [
                    "-F", "none", "-i", "key", "-p", "\(port)", "-o", "BatchMode=yes", "-o",
                    "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=\(folder["known"])", "-o",
                    "ProxyCommand=ncat --proxy \(place.address) --proxy-type \(type) %h %p",
                    "127.0.0.1", "echo through \(type); head -c 1000000 /dev/zero | wc -c",
                ], in: folder.path)
            #expect(outcome.output == "through \(type)\n1000000\n", "\(outcome.errors)")
        }
        server.signal(SIGTERM)
        _ = try await server.end()
        let counters = try await place.bench.json("tapctl", "show", "socks.tap", "socks.state.counters")
        #expect(counters["connect", "granted"]?.integer == 2)
        try await place.end()
    }
}
