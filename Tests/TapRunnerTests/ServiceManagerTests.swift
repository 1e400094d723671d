import CTapSystem
import Glibc
@testable import TapRunner
import TapTesting
import Taproom
import Testing

/// What is said to a service manager, heard at a real socket.
@Suite struct ServiceManagerTests {
    /// A service manager's end of the conversation.
    private final class Listening {
        let socket = tap_socket(AF_UNIX, CInt(SOCK_DGRAM.rawValue))
        let address: String

        init(_ address: String) throws {
            self.address = address
            try bindAgain()
        }

        deinit { close(socket) }

        private func bindAgain() throws {
            var name = sockaddr_un()
            name.sun_family = sa_family_t(AF_UNIX)
            withUnsafeMutableBytes(of: &name.sun_path) { space in
                space.copyBytes(from: address.utf8)
                if address.hasPrefix("@") { space[0] = 0 }
            }
            let size = 2 + address.utf8.count
            let code = withUnsafeBytes(of: name) { bytes in
                bytes.withMemoryRebound(to: sockaddr.self) { bind(socket, $0.baseAddress, socklen_t(size)) }
            }
            if code < 0 { throw SystemCallError("bind") }
        }

        /// The next message with its descriptor, or nil when there is none.
        func next() -> (text: String, descriptor: CInt?)? {
            var bytes = [UInt8](repeating: 0, count: 4096)
            // A header of 16 bytes and a descriptor (cmsg(3)).
            var control = [UInt64](repeating: 0, count: 3)
            var (count, size) = (0, 0)
            bytes.withUnsafeMutableBytes { bytes in
                control.withUnsafeMutableBytes { control in
                    var part = iovec(iov_base: bytes.baseAddress, iov_len: bytes.count)
                    withUnsafeMutablePointer(to: &part) { part in
                        var message = msghdr()
                        message.msg_iov = part
                        message.msg_iovlen = 1
                        message.msg_control = control.baseAddress
                        message.msg_controllen = control.count
                        count = recvmsg(socket, &message, 0)
                        size = message.msg_controllen
                    }
                }
            }
            guard count >= 0 else { return nil }
            let descriptor = size > 0 ? CInt(truncatingIfNeeded: control[2]) : nil
            return (String(decoding: bytes.prefix(count), as: UTF8.self), descriptor)
        }

        var texts: [String] {
            var texts: [String] = []
            while let message = next() {
                texts.append(message.text)
                if let descriptor = message.descriptor { close(descriptor) }
            }
            return texts
        }
    }

    private func abstractName() -> String { "@taproom-test-\(UInt64.random(in: 0...(.max)))" }

    @Test(arguments: [false, true])
    func isHeardAtAPathAndInTheAbstractNameSpace(isAbstract: Bool) throws {
        try withTemporaryFolder { folder in
            let listening = try Listening(isAbstract ? abstractName() : folder + "/notify")
            let manager = ServiceManager(address: listening.address)
            manager.ready(status: "serving 3 services")
            manager.status("one\ntwo\u{85}\rREADY=1")
            manager.watchdog()
            manager.mainProcess(42)
            manager.extendTimeout(by: .milliseconds(1500))
            manager.removeStored(name: "tcp-80")
            manager.stopping()
            #expect(
                listening.texts == [
                    "READY=1\nSTATUS=serving 3 services", "STATUS=one two  READY=1", "WATCHDOG=1", "MAINPID=42",
                    "EXTEND_TIMEOUT_USEC=1500000", "FDSTOREREMOVE=1\nFDNAME=tcp-80", "STOPPING=1",
                ])
        }
    }

    @Test func aReloadTellsTheTime() throws {
        let listening = try Listening(abstractName())
        let manager = ServiceManager(address: listening.address)
        var (before, after) = (timespec(), timespec())
        clock_gettime(CLOCK_MONOTONIC, &before)
        manager.reloading()
        clock_gettime(CLOCK_MONOTONIC, &after)
        let text = try #require(listening.next()?.text)
        let time = try #require(Int(text.dropFirst("RELOADING=1\nMONOTONIC_USEC=".count)))
        #expect(text.hasPrefix("RELOADING=1\nMONOTONIC_USEC="))
        let range =
            (before.tv_sec * 1_000_000 + before.tv_nsec / 1000)...(after.tv_sec * 1_000_000 + after.tv_nsec / 1000)
        #expect(range.contains(time))
    }

    @Test func whatCannotBeToldIsLost() throws {
        try withTemporaryFolder { folder in
            let long = "/" + String(repeating: "a", count: 200)
            for address in [nil, "", folder + "/nobody", "vsock:2:1", long] {
                let manager = ServiceManager(address: address)
                manager.ready(status: "")
                manager.store(-1, name: "none")
                manager.stopping()
            }
        }
    }

    @Test func aServiceManagerThatIsStartedAnewIsFoundAgain() throws {
        try withTemporaryFolder { folder in
            var listening: Listening? = try Listening(folder + "/notify")
            let manager = ServiceManager(address: folder + "/notify")
            manager.status("one")
            #expect(listening?.texts == ["STATUS=one"])
            listening = nil
            unlink(folder + "/notify")
            listening = try Listening(folder + "/notify")
            manager.status("two")
            #expect(listening?.texts == ["STATUS=two"])
        }
    }

    @Test func aDescriptorArrivesAndIsTheSameSocket() throws {
        let listening = try Listening(abstractName())
        let manager = ServiceManager(address: listening.address)
        let socket = try BoundSocket(Endpoint("tcp:0:interface=127.0.0.1"))
        manager.store(socket.descriptor, name: "tcp-80")
        let message = try #require(listening.next())
        #expect(message.text == "FDSTORE=1\nFDNAME=tcp-80")
        let descriptor = try #require(message.descriptor)
        // What is kept comes back at the next start, and is listened on as before.
        let passed = PassedSockets([PassedSocket(name: "tcp-80", descriptor: descriptor)])
        let endpoint = socket.endpoint
        socket.close()
        let again = try BoundSocket(endpoint, from: passed)
        #expect(again.endpoint == endpoint)
        #expect(again.descriptor == descriptor)
        let client = try TestConnection(to: .tcp(host: "127.0.0.1", port: #require(SocketPlace(of: descriptor)?.port)))
        withExtendedLifetime((client, again)) {}
    }

    @Test func keepsTheTCPSocketsThatAreListenedOn() throws {
        try withTemporaryFolder { folder in
            let listening = try Listening(abstractName())
            let manager = ServiceManager(address: listening.address)
            // A port that is free: the one that was given.
            let endpoint = try BoundSocket(Endpoint("tcp:0:interface=127.0.0.1")).endpoint
            let texts = ["\(endpoint)", "tcp:0", "unix:\(folder)/a.sock"]
            var sockets = try texts.map { (endpoint: try Endpoint($0), socket: try BoundSocket(Endpoint($0))) }
            let copy = fcntl(sockets[1].socket.descriptor, F_DUPFD_CLOEXEC, 0)
            let ofAUnit = PassedSockets([PassedSocket(name: "web", descriptor: copy)])
            let web = try Endpoint("systemd:web")
            sockets.append((web, try BoundSocket(web, from: ofAUnit)))
            manager.storeSockets(sockets)
            manager.storeSockets(sockets)
            #expect(listening.texts == ["FDSTORE=1\nFDNAME=\(endpoint.socketName)"])
            manager.storeSockets([])
            #expect(listening.texts == ["FDSTOREREMOVE=1\nFDNAME=\(endpoint.socketName)"])
            sockets = []
            _ = ofAUnit.closeAll(except: [])
        }
    }

    @Test(
        arguments: [
            ([:], nil), (["WATCHDOG_USEC": "30000000"], .seconds(30)),
            (["WATCHDOG_USEC": "500", "WATCHDOG_PID": "77"], .microseconds(500)),
            (["WATCHDOG_USEC": "500", "WATCHDOG_PID": "78"], nil), (["WATCHDOG_USEC": "0"], nil),
            (["WATCHDOG_USEC": "-5"], nil), (["WATCHDOG_USEC": "soon"], nil),
        ] as [([String: String], Duration?)])
    func readsHowOftenTheWatchdogWantsToHear(environment: [String: String], expected: Duration?) {
        let environment = environment.merging(["NOTIFY_SOCKET": "@x"]) { old, _ in old }
        #expect(ServiceManager(environment, process: 77).watchdogInterval == expected)
        #expect(ServiceManager(environment.filter { $0.key != "NOTIFY_SOCKET" }, process: 77).watchdogInterval == nil)
    }

    @Test func theNextProgramFindsTheSame() {
        let manager = ServiceManager(
            ["NOTIFY_SOCKET": "@x", "WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "77"], process: 77)
        #expect(manager.environment == ["NOTIFY_SOCKET": "@x", "WATCHDOG_USEC": "30000000"])
        #expect(ServiceManager(manager.environment, process: 78).watchdogInterval == .seconds(30))
        #expect(ServiceManager([:], process: 77).environment.isEmpty)
    }
}
