import CTapSystem
import Glibc
@testable import TapRunner
import TapTesting
import Taproom
import Testing

@Suite struct SocketTests {
    private func exists(_ path: String) -> Bool {
        var file = stat()
        return lstat(path, &file) == 0
    }

    private func failure(_ endpoint: Endpoint) -> CInt? {
        do throws(BindFailure) {
            _ = try BoundSocket(endpoint)
            return nil
        } catch {
            return error.code
        }
    }

    @Test(arguments: [nil, "127.0.0.1", "::1"])
    func tellsTheRealPort(interface: String?) throws {
        let socket = try BoundSocket(Endpoint(.tcp(port: 0, interface: interface)))
        guard case .tcp(let port, interface) = socket.endpoint.address else {
            throw BindFailure(endpoint: socket.endpoint, code: 0)
        }
        #expect(port > 0)
        #expect(failure(Endpoint(.tcp(port: port, interface: interface))) == EADDRINUSE)
    }

    @Test(arguments: [nil, "127.0.0.1", "::1"])
    func aPortForDatagramsIsTakenByOneOnly(interface: String?) throws {
        let socket = try BoundSocket(Endpoint(.udp(port: 0, interface: interface)))
        guard case .udp(let port, interface) = socket.endpoint.address else {
            throw BindFailure(endpoint: socket.endpoint, code: 0)
        }
        #expect(port > 0)
        #expect(failure(Endpoint(.udp(port: port, interface: interface))) == EADDRINUSE)
        // Ports of TCP are others.
        #expect(SocketPlace(of: socket.descriptor)?.port == port)
        #expect(SocketPlace.all(for: socket.endpoint).contains { $0 == SocketPlace(of: socket.descriptor) })
    }

    @Test func aPortIsFreeWhenItsSocketGoes() throws {
        var socket: BoundSocket? = try BoundSocket(Endpoint(.tcp(port: 0, interface: "127.0.0.1")))
        let endpoint = try #require(socket?.endpoint)
        socket = nil
        #expect(failure(endpoint) == nil)
    }

    @Test(arguments: ["203.0.113.1", "localhost", "nonsense", ""])
    func refusesInterfacesThatAreNotOurs(interface: String) {
        #expect(failure(Endpoint(.tcp(port: 0, interface: interface))) == EADDRNOTAVAIL)
    }

    @Test(arguments: [(nil, 0o660), (0o600, 0o600), (0o666, 0o666), (0o777, 0o777)] as [(UInt16?, mode_t)])
    func aUnixSocketHasItsModeAndGoesInTheEnd(mode: UInt16?, expected: mode_t) throws {
        try withTemporaryFolder { folder in
            let path = folder + "/a.sock"
            var socket: BoundSocket? = try BoundSocket(Endpoint(.unix(path: path, mode: mode)))
            var file = stat()
            #expect(stat(path, &file) == 0)
            #expect(file.st_mode & 0o777 == expected)
            #expect(accepts(path))
            withExtendedLifetime(socket) {}
            socket = nil
            #expect(!exists(path))
        }
    }

    @Test func aSocketThatACrashLeftIsReplaced() throws {
        try withTemporaryFolder { folder in
            let path = folder + "/a.sock"
            let first = try BoundSocket(Endpoint(.unix(path: path, mode: nil)))
            #expect(link(path, folder + "/left.sock") == 0)
            withExtendedLifetime(first) {}
            _ = consume first
            #expect(exists(folder + "/left.sock") && !accepts(folder + "/left.sock"))
            let second = try BoundSocket(Endpoint(.unix(path: folder + "/left.sock", mode: nil)))
            #expect(accepts(folder + "/left.sock"))
            withExtendedLifetime(second) {}
        }
    }

    @Test func aLiveSocketIsNotStolen() throws {
        try withTemporaryFolder { folder in
            let path = folder + "/a.sock"
            let first = try BoundSocket(Endpoint(.unix(path: path, mode: nil)))
            #expect(failure(Endpoint(.unix(path: path, mode: nil))) == EADDRINUSE)
            #expect(accepts(path))
            withExtendedLifetime(first) {}
        }
    }

    @Test func aFileThatIsNoSocketIsNotRemoved() throws {
        try withTemporaryFolder { folder in
            let path = folder + "/a.sock"
            close(open(path, O_WRONLY | O_CREAT, 0o600))
            #expect(failure(Endpoint(.unix(path: path, mode: nil))) == EADDRINUSE)
            #expect(exists(path))
            #expect(failure(Endpoint(.unix(path: folder + "/none/a.sock", mode: nil))) == ENOENT)
        }
    }

    @Test func aLongPathIsBoundThroughItsFolder() throws {
        try withTemporaryFolder { folder in
            let deep = folder + "/" + String(repeating: "d", count: 120)
            #expect(mkdir(deep, 0o700) == 0)
            let socket = try BoundSocket(Endpoint(.unix(path: deep + "/a.sock", mode: nil)))
            #expect(exists(deep + "/a.sock"))
            withExtendedLifetime(socket) {}
        }
    }

    @Test func aTableKeepsTheSocketsThatAreStillWanted() throws {
        try withTemporaryFolder { folder in
            let (old, new) = ("unix:\(folder)/old.sock", "unix:\(folder)/new.sock")
            let before = try PlannedService.all(of: application(greeter("a", listen: ["tcp:0", old])), kinds: kinds)
            let after = try PlannedService.all(
                of: application(greeter("a", "Bye", listen: [new, "tcp:0"])), kinds: kinds)
            var table = try SocketTable().binding(before)
            let port = table.listening(of: before[0])[0].endpoint
            table = try table.binding(after)
            #expect(table.listening(of: after[0]).map(\.endpoint) == [try Endpoint(new), port])
            #expect(exists(folder + "/new.sock") && !exists(folder + "/old.sock"))
        }
    }

    @Test func aTableThatCannotBeBoundLeavesTheOldOneAndNothingElse() throws {
        try withTemporaryFolder { folder in
            let busy = try BoundSocket(Endpoint(.unix(path: folder + "/busy.sock", mode: nil)))
            let before = try PlannedService.all(
                of: application(greeter("a", listen: ["unix:\(folder)/a.sock"])), kinds: kinds)
            let table = try SocketTable().binding(before)
            let wanted = ["unix:\(folder)/a.sock", "unix:\(folder)/b.sock", "unix:\(folder)/busy.sock"]
            let after = try PlannedService.all(of: application(greeter("a", listen: wanted)), kinds: kinds)
            let error = #expect(throws: RunnerError.self) { try table.binding(after) }
            #expect(
                error?.description == "service \"a\": cannot listen on unix:\(folder)/busy.sock: address already in use"
            )
            #expect(error?.advice == "Another program listens there: stop it, or choose another endpoint.")
            #expect(accepts(folder + "/a.sock") && accepts(folder + "/busy.sock") && !exists(folder + "/b.sock"))
            withExtendedLifetime((busy, table)) {}
        }
    }
}
