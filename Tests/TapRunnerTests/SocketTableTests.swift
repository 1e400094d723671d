import Glibc
@testable import TapRunner
import TapTesting
import Taproom
import Testing

/// Sockets that stay while services change around them.
@Suite struct SocketTableTests {
    private func plans(_ services: (name: String, listen: [String])...) throws -> [PlannedService] {
        try PlannedService.all(
            of: Application(name: "site", services: services.map { greeter($0.name, listen: $0.listen) }), kinds: kinds)
    }

    private func descriptors(_ table: SocketTable, _ service: PlannedService) -> [CInt] {
        table.listening(of: service).map(\.socket.descriptor)
    }

    @Test func anEndpointThatMovesToAnotherServiceKeepsItsSocket() throws {
        try withTemporaryFolder { folder in
            let path = "unix:\(folder)/a.sock"
            let before = try plans(("a", [path]), ("b", []))
            let after = try plans(("a", []), ("b", [path]))
            let old = try SocketTable().binding(before)
            let new = try old.changing(["a"], to: after)
            #expect(descriptors(new, after[1]) == descriptors(old, before[0]))
            #expect(descriptors(new, after[0]).isEmpty)
        }
    }

    @Test func endpointsCanBeSwapped() throws {
        try withTemporaryFolder { folder in
            let (one, two) = ("unix:\(folder)/1.sock", "unix:\(folder)/2.sock")
            let before = try plans(("a", [one]), ("b", [two]))
            let after = try plans(("a", [two]), ("b", [one]))
            let old = try SocketTable().binding(before)
            let new = try old.changing(["a"], to: after)
            #expect(descriptors(new, after[0]) == descriptors(old, before[1]))
            #expect(descriptors(new, after[1]) == descriptors(old, before[0]))
        }
    }

    @Test(arguments: ["tcp:1", "unix:/nonexistent/a.sock"])
    func twoServicesCannotHaveTheSameEndpoint(endpoint: String) throws {
        let error = #expect(throws: RunnerError.self) {
            try SocketTable().binding(plans(("a", [endpoint]), ("b", ["tcp:0", endpoint])))
        }
        #expect(error?.description == "services \"a\" and \"b\": both are to listen on \(endpoint)")
        #expect(error?.advice == "Give each an endpoint of its own.")
        #expect(error?.exitStatus == .badData)
    }

    @Test func aUnixSocketIsTheSameWithAnotherMode() throws {
        let error = #expect(throws: RunnerError.self) {
            try SocketTable().binding(plans(("a", ["unix:/nonexistent/a", "unix:/nonexistent/a:mode=600"])))
        }
        #expect(error?.description == "service \"a\": names unix:/nonexistent/a:mode=600 twice")
    }

    @Test func anyPortIsAnotherForEach() throws {
        let before = try plans(("a", ["tcp:0", "tcp:0"]), ("b", ["tcp:0"]))
        let old = try SocketTable().binding(before)
        let all = descriptors(old, before[0]) + descriptors(old, before[1])
        #expect(Set(all).count == 3)
        #expect(old.all.map(\.socket.descriptor) == all)
        #expect(Set(old.all.map(\.endpoint)) == [.tcp(port: 0)])
        // What one service gives up is not given to another, which would get its clients.
        let after = try plans(("b", ["tcp:0", "tcp:0"]))
        let new = try old.changing(["a"], to: after)
        #expect(descriptors(new, after[0])[0] == all[2])
        #expect(!all.contains(descriptors(new, after[0])[1]))
    }

    @Test func aSocketOfTheServiceManagersMovesAndComesBack() throws {
        let made = try BoundSocket(Endpoint("tcp:0:interface=127.0.0.1"))
        let copy = fcntl(made.descriptor, F_DUPFD_CLOEXEC, 0)
        let passed = PassedSockets([PassedSocket(name: "web", descriptor: copy)])
        let (a, b) = try (plans(("a", ["systemd:web"])), plans(("b", ["systemd:web"])))
        var table = try SocketTable().binding(a, passed: passed)
        table = try table.changing(["a"], to: b, passed: passed)
        #expect(descriptors(table, b[0]) == [copy])
        #expect(table.listening(of: b[0]).map(\.endpoint) == [made.endpoint])
        #expect(throws: RunnerError.self) { try table.changing([], to: a, passed: passed) }
        table = try table.changing(["b"], to: [], passed: passed)
        table = try table.changing([], to: a, passed: passed)
        #expect(descriptors(table, a[0]) == [copy])
    }

    @Test func theOrderOfServicesDoesNotMatter() throws {
        try withTemporaryFolder { folder in
            let services = (0..<50).map { greeter("s\($0)", listen: ["unix:\(folder)/\($0).sock"]) }
            let plans = try PlannedService.all(of: Application(name: "site", services: services), kinds: kinds)
            let old = try SocketTable().binding(plans)
            let new = try old.binding(plans.reversed())
            #expect(new.all.count == 50)
            #expect(descriptors(new, plans[7]) == descriptors(old, plans[7]))
        }
    }
}
