import Glibc
import TapData
import TapTesting
import Testing

/// The sample of a kind of one's own: no number is ever given twice.
@Suite(.serialized, .timeLimit(.minutes(5)))
struct FibonacciTests {
    private let bench: Bench

    init() async throws {
        bench = try Bench(program: "fibonacci")
        try await bench.done("mktap", "fibonacci", "--listen", "tcp:0:interface=127.0.0.1")
    }

    /// The number that a new client is given; nil when the program died first.
    private static func number(_ port: Int) async -> String? {
        guard let connection = try? TestConnection(to: .tcp(host: "127.0.0.1", port: UInt16(port))),
            let bytes = try? await connection.receiveAll(), bytes.last == UInt8(ascii: "\n")
        else { return nil }
        return String(decoding: bytes.dropLast(), as: UTF8.self)
    }

    @Test func givesTheSequenceFromItsBeginning() async throws {
        let served = try await bench.serve("-f", "fibonacci.tap")
        var numbers: [String?] = []
        for _ in 0..<10 { numbers.append(await Self.number(served.port)) }
        #expect(numbers == ["0", "1", "1", "2", "3", "5", "8", "13", "21", "34"])
        _ = try await served.stop()
    }

    @Test func goesOnBeyondEveryInteger() async throws {
        let served = try await bench.serve("-f", "fibonacci.tap")
        var last: String?
        for _ in 0...300 { last = await Self.number(served.port) }
        // F(300), as any table of the sequence has it.
        #expect(last == "222232244629420445529739893461909967206666939096499764990979600")
        _ = try await served.stop()
    }

    @Test func goesOnAfterAStop() async throws {
        var served = try await bench.serve("-f", "fibonacci.tap")
        for _ in 0..<5 { _ = await Self.number(served.port) }
        _ = try await served.stop()
        served = try await bench.serve("-f", "fibonacci.tap")
        #expect(await Self.number(served.port) == "5")
        _ = try await served.stop()
    }

    @Test func givesNoNumberTwiceOverKills() async throws {
        var given: [String] = []
        for round in 0..<20 {
            let served = try await bench.serve("-f", "fibonacci.tap")
            let port = served.port
            let process = served.program.process
            given += await withTaskGroup(of: [String].self) { group in
                for _ in 0..<4 {
                    group.addTask {
                        var mine: [String] = []
                        while let number = await Self.number(port) { mine.append(number) }
                        return mine
                    }
                }
                // Killed at another moment each time, while clients are being served.
                group.addTask {
                    var mine: [String] = []
                    for _ in 0..<(round * 3) { if let number = await Self.number(port) { mine.append(number) } }
                    kill(process, SIGKILL)
                    return mine
                }
                return await group.reduce(into: []) { $0 += $1 }
            }
            _ = try await served.program.end()
        }
        // 1 stands in the sequence twice.
        let ones = given.count { $0 == "1" }
        let others = given.filter { $0 != "1" }
        #expect(ones <= 2)
        #expect(Set(others).count == others.count)
        #expect(given.count > 100)
        #expect(try await bench.done("tapctl", "verify", "fibonacci.tap") == "fibonacci.tap: no problems found\n")
    }

    @Test func goesBackAndForthWithRollbacksWhileItRuns() async throws {
        let served = try await bench.serve("-f", "fibonacci.tap")
        for _ in 0..<5 { _ = await Self.number(served.port) }
        try await bench.done("tapctl", "snapshot", "fibonacci.tap", "five")
        for _ in 0..<3 { _ = await Self.number(served.port) }
        try await bench.done("tapctl", "rollback", "fibonacci.tap", "five")
        #expect(await Self.number(served.port) == "5")
        // What was up to the rollback was kept as revision 3.
        try await bench.done("tapctl", "rollback", "fibonacci.tap", "3")
        #expect(await Self.number(served.port) == "21")
        _ = try await served.stop()
    }

    @Test func carriesAllToolsUnderItsOwnName() async throws {
        #expect(try await bench.done("mktap", "--list").contains("fibonacci  Gives each client"))
        #expect(try await bench.run("mktap", "web").status == 64)
        // The package that others depend on does not know the kind.
        let package = try await bench.run("tap2deb", "-t", "fibonacci.tap", "-m", "Ada Lovelace <ada@example.com>")
        #expect(package.status == 64)
        #expect(
            package.errors.contains("none of the kinds of fibonacci: put this program into the package with --bundle"))
        let usage = try await Program.run("\(Bench.programs)/fibonacci", ["--help"], in: "/")
        for tool in ["mktap", "tapd", "tapctl", "tap2deb", "tap2rpm", "tap2oci"] {
            #expect(usage.output.contains("fibonacci \(tool)"))
        }
    }
}
