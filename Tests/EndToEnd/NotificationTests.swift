import CTapSystem
import Dispatch
import Glibc
import TapTesting
import Testing

/// What tapd says to a service manager in the course of its life.
@Suite(.timeLimit(.minutes(5))) struct NotificationTests {
    private let bench: Bench
    private let manager: ServiceManagerSocket

    init() throws {
        bench = try Bench()
        manager = try ServiceManagerSocket(bench.folder["notify"])
        try bench.folder.write("hello\n", to: "www/index.html")
    }

    private func write(listing: Bool) throws {
        try bench.folder.write(
            """
            taproom: 1
            name: site
            services:
            - {name: web, kind: web, listen: "tcp:0:interface=127.0.0.1", static: www, listing: \(listing)}

            """, to: "site.yaml")
    }

    private func start(_ variables: String...) async throws -> Program {
        let words = ["NOTIFY_SOCKET=\(manager.path)"] + variables + ["\(Bench.programs)/tapd", "-y", "site.yaml"]
        return try Program("env", words, in: bench.folder.path)
    }

    @Test func tellsItsLifeFromTheStartToTheEnd() async throws {
        try write(listing: false)
        let program = try await start()
        let ready = try await manager.message(beginning: "READY=1")
        #expect(ready.contains("\nSTATUS=site serves revision 1 on tcp:"))

        try write(listing: true)
        program.signal(SIGHUP)
        let reloading = try await manager.message(beginning: "RELOADING=1")
        #expect(reloading.contains("\nMONOTONIC_USEC="))
        #expect(try await manager.message(beginning: "READY=1").contains("\nSTATUS=site serves on tcp:"))

        // A description that is wrong changes nothing, and the reload is over all the same.
        try bench.folder.write("taproom: 7\n", to: "site.yaml")
        program.signal(SIGHUP)
        _ = try await manager.message(beginning: "RELOADING=1")
        _ = try await manager.message(beginning: "READY=1")

        program.signal(SIGTERM)
        _ = try await manager.message(beginning: "STOPPING=1")
        #expect(try await program.end().status == 0)
    }

    @Test func theNewProgramSaysThatItIsTheOneAfterAnUpgrade() async throws {
        try write(listing: false)
        let program = try await start()
        _ = try await manager.message(beginning: "READY=1")
        let process = try await bench.json("tapctl", "upgrade", "site.tap")["process"]?.integer ?? 0
        #expect(try await manager.message(beginning: "MAINPID=") == "MAINPID=\(process)")
        _ = try await manager.message(beginning: "READY=1")
        try await bench.done("tapctl", "stop", "site.tap")
        _ = try await manager.message(beginning: "STOPPING=1")
        // Both write to the same standard output, so it ends with the new one.
        #expect(try await program.end().status == 0)
    }

    @Test func feedsTheWatchdog() async throws {
        try write(listing: false)
        let program = try await start("WATCHDOG_USEC=100000")
        for _ in 0..<3 { _ = try await manager.message(beginning: "WATCHDOG=1") }
        program.signal(SIGTERM)
        #expect(try await program.end().status == 0)
    }
}

/// A service manager's end of the conversation (sd_notify(3)).
private final class ServiceManagerSocket: Sendable {
    let path: String
    private let descriptor: CInt

    init(_ path: String) throws {
        self.path = path
        descriptor = tap_socket(AF_UNIX, CInt(SOCK_DGRAM.rawValue))
        var name = sockaddr_un()
        name.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &name.sun_path) { $0.copyBytes(from: path.utf8) }
        let code = withUnsafeBytes(of: name) { bytes in
            bytes.withMemoryRebound(to: sockaddr.self) { bind(descriptor, $0.baseAddress, socklen_t(bytes.count)) }
        }
        guard code == 0 else { throw TestFailure("bind: \(String(cString: strerror(errno)))") }
    }

    deinit { close(descriptor) }

    /// Waits for a message that begins so; others are passed over.
    func message(beginning prefix: String) async throws -> String {
        while true {
            let message = try await next()
            if message.hasPrefix(prefix) { return message }
        }
    }

    private func next() async throws -> String {
        let descriptor = descriptor
        let bytes: [UInt8]? = await withCheckedContinuation { continuation in
            DispatchQueue.global().async {
                var event = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
                guard poll(&event, 1, 120_000) == 1 else { return continuation.resume(returning: nil) }
                var bytes = [UInt8](repeating: 0, count: 4096)
                let count = recv(descriptor, &bytes, bytes.count, 0)
                continuation.resume(returning: Array(bytes.prefix(max(0, count))))
            }
        }
        guard let bytes else { throw TestFailure("the service manager was told nothing") }
        return String(decoding: bytes, as: UTF8.self)
    }
}
