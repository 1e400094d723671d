import CTapSystem
import Glibc
import Synchronization
@testable import TapRunner
import TapTesting
import Taproom
import Testing

/// Sockets that a process is given at its start.
@Suite struct PassedSocketsTests {
    /// Descriptors in a row, which the service manager makes, far above those that tests use otherwise.
    private static let nextFirst = Mutex<CInt>(600)

    private func row(_ descriptors: [CInt]) -> CInt {
        let first = PassedSocketsTests.nextFirst.withLock { next in
            defer { next += 8 }
            return next
        }
        for (place, descriptor) in zip(first..., descriptors) where descriptor >= 0 { dup2(descriptor, place) }
        return first
    }

    private func read(
        _ descriptors: [CInt], names: String? = nil, count: String? = nil, pid: String = "77"
    ) -> (sockets: PassedSockets, first: CInt) {
        let first = row(descriptors)
        let environment = [
            "LISTEN_PID": pid, "LISTEN_FDS": count ?? "\(descriptors.count)", "LISTEN_FDNAMES": names,
        ].compactMapValues { $0 }
        return (PassedSockets.read(environment, process: 77, first: first), first)
    }

    private func bound(_ text: String) throws -> BoundSocket { try BoundSocket(Endpoint(text)) }

    private func isOpen(_ descriptor: CInt) -> Bool { fcntl(descriptor, F_GETFD) >= 0 }

    @Test func aNamedSocketIsGivenOutOnce() throws {
        let (a, b) = try (bound("tcp:0:interface=127.0.0.1"), bound("tcp:0:interface=127.0.0.1"))
        let (sockets, first) = read([a.descriptor, b.descriptor, b.descriptor], names: "web:admin:web")
        #expect(sockets.problems.isEmpty)
        #expect(sockets.take(try Endpoint("systemd:web")) == PassedSocket(name: "web", descriptor: first))
        #expect(sockets.remaining.map(\.name) == ["admin", "web"])
        #expect(sockets.take(try Endpoint("systemd:web")) == PassedSocket(name: "web", descriptor: first + 2))
        #expect(sockets.take(try Endpoint("systemd:web")) == nil)
        #expect(sockets.closeAll(except: []).map(\.descriptor) == [first + 1])
        #expect(!isOpen(first + 1) && isOpen(first))
        #expect(sockets.take(try Endpoint("systemd:admin")) == nil)
        for descriptor in [first, first + 2] { close(descriptor) }
        withExtendedLifetime((a, b)) {}
    }

    @Test func aSocketForDatagramsIsFoundByItsPlaceAndByItsName() throws {
        let (own, named) = try (bound("udp:0:interface=127.0.0.1"), bound("udp:0:interface=127.0.0.1"))
        let (sockets, first) = read([own.descriptor, named.descriptor], names: "\(own.name):dns")
        #expect(sockets.problems.isEmpty)
        #expect(try BoundSocket(own.endpoint, from: sockets).descriptor == first)
        let taken = try BoundSocket(Endpoint("systemd:dns"), from: sockets)
        #expect(taken.descriptor == first + 1)
        #expect(taken.endpoint == named.endpoint)
        withExtendedLifetime((own, named, taken)) {}
    }

    @Test func becomesCloseOnExecAndNonBlocking() throws {
        let socket = try bound("tcp:0:interface=127.0.0.1")
        _ = fcntl(socket.descriptor, F_SETFL, 0)
        let (sockets, first) = read([socket.descriptor])
        #expect(sockets.names == ["unknown"])
        #expect(fcntl(first, F_GETFD) & FD_CLOEXEC != 0)
        #expect(fcntl(first, F_GETFL) & O_NONBLOCK != 0)
        _ = sockets.closeAll(except: [])
        withExtendedLifetime(socket) {}
    }

    @Test func whatIsForAnotherProcessIsLeftAlone() throws {
        let socket = try bound("tcp:0:interface=127.0.0.1")
        for pid in ["78", "", "x"] {
            let (sockets, first) = read([socket.descriptor], pid: pid)
            #expect(sockets.names.isEmpty && sockets.problems.isEmpty)
            #expect(isOpen(first))
            close(first)
        }
        #expect(PassedSockets.read(["LISTEN_FDS": "1"], process: 77, first: 900).names.isEmpty)
        withExtendedLifetime(socket) {}
    }

    @Test(arguments: ["-1", "x", "", "99999999999", "2000000000"])
    func aCountThatCannotBeIsReported(count: String) {
        let sockets = read([], count: count).sockets
        #expect(sockets.names.isEmpty)
        #expect(sockets.problems.count == 1)
        #expect(sockets.problems[0].hasPrefix("LISTEN_FDS must be a number from 0 to "))
    }

    @Test func namesThatAreTooFewDoNotCount() throws {
        let socket = try bound("tcp:0:interface=127.0.0.1")
        let (sockets, first) = read([socket.descriptor, socket.descriptor], names: "web")
        #expect(sockets.problems == ["LISTEN_FDNAMES has 1 names for 2 sockets, so none counts"])
        #expect(sockets.names == ["unknown", "unknown"])
        #expect(sockets.take(socket.endpoint)?.descriptor == first)
        close(first)
        _ = sockets.closeAll(except: [])
        withExtendedLifetime(socket) {}
    }

    @Test func whatCannotBeListenedOnIsNamedAndClosed() throws {
        let datagram = tap_socket(AF_INET, CInt(SOCK_DGRAM.rawValue))
        let idle = tap_socket(AF_INET, CInt(SOCK_STREAM.rawValue))
        let file = open("/dev/null", O_RDONLY | O_CLOEXEC)
        defer { for descriptor in [datagram, idle, file] { close(descriptor) } }
        let good = try bound("tcp:0:interface=127.0.0.1")
        let (sockets, first) = read([-1, datagram, idle, file, good.descriptor], names: "a:b:c:d:e")
        #expect(
            sockets.problems == [
                "the socket \"a\" (descriptor \(first)) is not open",
                "the socket \"b\" (descriptor \(first + 1)) takes datagrams, but on no UDP port",
                "the socket \"c\" (descriptor \(first + 2)) does not listen: its socket unit must have Accept=no",
                "the socket \"d\" (descriptor \(first + 3)) is no socket",
            ])
        #expect((first + 1...first + 3).allSatisfy { !isOpen($0) })
        #expect(sockets.names == ["e"])
        _ = sockets.closeAll(except: [])
        withExtendedLifetime(good) {}
    }

    @Test(
        arguments: [
            ("127.0.0.1", "127.0.0.1", true), ("127.0.0.1", nil, false), (nil, nil, true), ("0.0.0.0", nil, true),
            (nil, "127.0.0.1", false), ("::1", "0:0::1", true), ("127.0.0.1", "127.0.0.2", false), (nil, "::", true),
            ("127.0.0.1", "localhost", false),
        ] as [(String?, String?, Bool)])
    func isFoundByItsAddress(bound interface: String?, asked: String?, isFound: Bool) throws {
        let socket = try BoundSocket(Endpoint(.tcp(port: 0, interface: interface)))
        let copy = fcntl(socket.descriptor, F_DUPFD_CLOEXEC, 0)
        let sockets = PassedSockets([PassedSocket(name: "unit", descriptor: copy)])
        guard case .tcp(let port, _) = socket.endpoint.address else { return }
        #expect((sockets.take(Endpoint(.tcp(port: port, interface: asked))) != nil) == isFound)
        #expect(sockets.take(Endpoint(.tcp(port: 0, interface: asked))) == nil)
        close(copy)
        withExtendedLifetime(socket) {}
    }

    @Test func aPortThatWasAnyIsFoundByTheNameItGot() throws {
        let socket = try bound("tcp:0:interface=127.0.0.1")
        let copy = fcntl(socket.descriptor, F_DUPFD_CLOEXEC, 0)
        #expect(socket.name == "tcp-0-127.0.0.1")
        let taken = try BoundSocket(
            Endpoint("tcp:0:interface=127.0.0.1"),
            from: PassedSockets([PassedSocket(name: socket.name, descriptor: copy)]))
        #expect(taken.descriptor == copy)
        #expect(taken.endpoint == socket.endpoint)
    }

    @Test func aSocketOfTheServiceManagersTellsWhereItIsAndCanBeTakenAgain() throws {
        let socket = try bound("tcp:0")
        let (sockets, first) = read([socket.descriptor], names: "web")
        let endpoint = try Endpoint("systemd:web")
        for _ in 1...2 {
            let taken = try BoundSocket(endpoint, from: sockets)
            #expect(taken.endpoint == socket.endpoint)
            #expect(taken.descriptor == first)
            #expect(sockets.remaining.isEmpty)
            taken.close()
            #expect(isOpen(first))
        }
        #expect(sockets.closeAll(except: []).count == 1)
        withExtendedLifetime(socket) {}
    }

    @Test func aSocketThatWasNotHandedOverSaysWhatToDo() throws {
        let socket = try bound("tcp:0:interface=127.0.0.1")
        let sockets = read([socket.descriptor], names: "other").sockets
        let texts: [(PassedSockets?, String)] = [(nil, "none was"), (sockets, "those that were: \"other\"")]
        for (sockets, text) in texts {
            let failure = #expect(throws: BindFailure.self) { try BoundSocket(Endpoint("systemd:web"), from: sockets) }
            let error = RunnerError.cannotListen(service: "a", try #require(failure))
            #expect(error.description == "service \"a\": the socket of systemd:web was not handed over; \(text)")
            #expect(error.advice == "Start it through a socket unit with FileDescriptorName=web.")
            #expect(error.exitStatus == .configuration)
        }
        _ = sockets.closeAll(except: [])
        withExtendedLifetime(socket) {}
    }

    @Test(arguments: [false, true])
    func theFileOfAUnixSocketIsRemovedByItsOwner(ownsFile: Bool) throws {
        try withTemporaryFolder { folder in
            let path = folder + "/a.sock"
            let old = try bound("unix:\(path):mode=600")
            let copy = fcntl(old.descriptor, F_DUPFD_CLOEXEC, 0)
            let passed = PassedSocket(name: old.name, descriptor: copy, ownsFile: ownsFile)
            let new = try BoundSocket(Endpoint("unix:\(path):mode=600"), from: PassedSockets([passed]))
            #expect(new.endpoint == old.endpoint && new.passed == passed)
            old.release()
            old.close()
            #expect(accepts(path))
            new.close()
            #expect((access(path, F_OK) == 0) == !ownsFile)
            #expect(!accepts(path))
        }
    }

    @Test func whatIsNotWantedIsClosedBeforeOthersAreBound() throws {
        let socket = try bound("tcp:0")
        let (sockets, first) = read([socket.descriptor, socket.descriptor], names: "\(socket.endpoint.socketName):web")
        let port = try #require(SocketPlace(of: socket.descriptor)?.port)
        socket.close()
        let narrower = Endpoint(.tcp(port: port, interface: "127.0.0.1"))
        #expect(sockets.closeAll(except: [narrower]).map(\.descriptor) == [first, first + 1])
        #expect(try BoundSocket(narrower, from: sockets).endpoint == narrower)
    }

    @Test func whatIsWantedIsThereAfterwards() throws {
        let socket = try bound("tcp:0:interface=127.0.0.1")
        let (sockets, first) = read([socket.descriptor, socket.descriptor, socket.descriptor], names: "web:web:other")
        let web = try Endpoint("systemd:web")
        #expect(sockets.closeAll(except: [web, web, web]).map(\.name) == ["other"])
        #expect([1, 2, 3].map { _ in sockets.take(web)?.descriptor } == [first, first + 1, nil])
        for descriptor in [first, first + 1] { close(descriptor) }
        withExtendedLifetime(socket) {}
    }
}
