import Glibc
import TapTesting

/// Real servers that are killed while they serve, again and again.
package struct Kills: Sendable {
    /// How often one tap is killed before it is verified and another one takes its place: numbers stay short.
    private static let killsPerTap = 100
    private static let clients = 4

    private let program: String
    private let seed: UInt64
    private let jobs: Int

    /// Kills of a program.
    ///
    /// - Parameters:
    ///   - program: the path of `fibonacci`.
    ///   - seed: what the moments follow from.
    ///   - jobs: how many taps are served side by side.
    package init(program: String, seed: UInt64, jobs: Int) {
        self.program = program
        self.seed = seed
        self.jobs = jobs
    }

    /// Kills so many times.
    ///
    /// Returns how many numbers were given, and what was lost.
    package func run(count: Int) throws -> Findings {
        let taps = (count + Kills.killsPerTap - 1) / Kills.killsPerTap
        return try Parallel.run(taps, jobs: jobs) { index in
            let kills = min(Kills.killsPerTap, count - index * Kills.killsPerTap)
            var tap = try KilledTap(program: program, seed: seed &+ UInt64(index), clients: Kills.clients)
            for _ in 0..<kills { try tap.live() }
            let findings = try tap.verify()
            if index % 10 == 9 { Progress.note("kill: \(index + 1) of \(taps) taps") }
            return findings
        }
    }
}

/// One tap and what it has given.
private struct KilledTap {
    private let program: String
    private let folder: TemporaryFolder
    private let clients: Int
    private let name: String
    private var random: SeededGenerator
    private var findings = Findings()
    private var sequence = FibonacciNumbers()
    /// The places of all numbers that were given.
    private var given: Set<Int> = []
    private var last = -1
    private var kills = 0

    init(program: String, seed: UInt64, clients: Int) throws {
        self.program = program
        self.clients = clients
        name = "the tap of seed \(seed)"
        random = SeededGenerator(seed: seed)
        folder = try Files.folder()
        let made = try ChildProgram([
            program, "mktap", "--output", folder["a.tap"], "fibonacci", "--listen", "tcp:0:interface=127.0.0.1",
        ]).end()
        guard made.status == 0 else { throw TortureError("mktap ended with status \(made.status): \(made.output)") }
    }

    /// Starts the server, lets it give numbers for a while and kills it.
    mutating func live() throws {
        let server = try ChildProgram([program, "tapd", "-f", folder["a.tap"]])
        kills += 1
        findings.count("kills")
        // Some are killed while they start.
        if random.next(below: 8) == 0 {
            usleep(UInt32(random.next(below: 8000)))
            server.kill()
            findings.count("kills while starting")
            return
        }
        guard let port = FibonacciServer.port(of: server) else {
            findings.lose("\(name): after \(kills) kills it does not start: status \(server.wait())")
            return
        }
        var clients = FibonacciClients(port: port, count: clients)
        clients.run(until: .now + .microseconds(random.next(below: 12_000)))
        server.kill()
        // What was on its way has been given too.
        clients.run(until: .now + .seconds(5), isServerGone: true)
        clients.disconnect()
        check(clients.numbers)
    }

    private mutating func check(_ numbers: [String]) {
        findings.count("numbers", by: numbers.count)
        let before = last
        for number in numbers {
            // The second 1 of the sequence counts as the first when that was not given yet.
            let limit = before + clients * (kills + 1) + numbers.count + 3
            guard var place = sequence.place(of: number, before: limit) else {
                findings.lose(
                    "\(name): after \(kills) kills the number \(number.prefix(40)) was given, far ahead or none at all")
                continue
            }
            if place == 2, !given.contains(1), before < 1 { place = 1 }
            if !given.insert(place).inserted {
                findings.lose("\(name): after \(kills) kills number \(place) of the sequence was given again")
            } else if place <= before {
                findings.lose("\(name): after \(kills) kills the sequence went back to its number \(place)")
            }
            last = max(last, place)
        }
        // A number whose client was cut off counts as given; there are never more of them than clients at each kill.
        if last + 1 - given.count > clients * kills {
            findings.lose("\(name): after \(kills) kills \(last + 1 - given.count) numbers were skipped")
        }
    }

    mutating func verify() throws -> Findings {
        findings.count("taps")
        let verified = try ChildProgram([program, "tapctl", "verify", folder["a.tap"]]).end()
        if verified.status != 0 { findings.lose("\(name): after \(kills) kills: \(verified.output)") }
        return findings
    }
}

/// What a server says when it serves.
enum FibonacciServer {
    /// How long a start may take, in milliseconds.
    private static let patience: CInt = 30_000

    /// The port that a server listens on, as soon as it does; nil: it has ended or says nothing.
    static func port(of server: ChildProgram) -> UInt16? {
        var text: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            var ready = pollfd(fd: server.output, events: Int16(POLLIN), revents: 0)
            guard poll(&ready, 1, patience) > 0 else { return nil }
            let count = read(server.output, &buffer, buffer.count)
            guard count > 0 else { return nil }
            text += buffer[..<count]
            let line = String(decoding: text, as: UTF8.self)
            guard line.contains(" serving "), line.hasSuffix("\n") else { continue }
            return line.split(separator: "tcp:").dropFirst().first.flatMap { UInt16($0.prefix { $0.isNumber }) }
        }
    }
}
