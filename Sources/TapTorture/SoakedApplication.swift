import Glibc
import TapData
import TapTesting

/// The services of the application that is soaked.
enum SoakService: String, Sendable, CaseIterable, CustomStringConvertible {
    /// It never changes.
    case steady
    /// Each reload changes the media type of what it serves.
    case moving

    var description: String { rawValue }

    /// What it can say that its file is.
    var mediaTypes: [String] { self == .steady ? ["application/steady"] : ["application/one", "application/two"] }
}

/// A real `tapd -y` with two web services, which is told to reload, to hand over, and to stop.
final class SoakedApplication {
    /// What the services serve.
    let body: [UInt8]
    /// The process that serves now.
    private(set) var process: pid_t

    private let folder: TemporaryFolder
    private let programs: String
    private let server: ChildProgram
    private var reloads = 0
    private var upgrades = 0

    /// How long anything may take, in milliseconds.
    private static let patience = 60_000

    /// Starts it and waits until it serves.
    ///
    /// - Parameters:
    ///   - programs: the folder of `tapd` and `tapctl`.
    ///   - seed: what the served file follows from.
    /// - Throws: ``TortureError`` when it does not serve.
    init(programs: String, seed: UInt64) throws {
        self.programs = programs
        folder = try Files.folder()
        var random = SeededGenerator(seed: seed)
        body = (0..<1024).map { _ in UInt8(ascii: "a") + UInt8(random.next(below: 26)) }
        try Files.write(body, to: folder["file.txt"])
        try SoakedApplication.describe(in: folder, mediaType: SoakService.moving.mediaTypes[0])
        // Of the log only what should not be there is kept.
        server = try ChildProgram([
            programs + "/tapd", "-y", folder["soak.yaml"], "--save-every", "10s", "--log-level", "warning", "-l",
            folder["soak.log"],
        ])
        process = server.process
        guard try wait({ try status() != nil }) else { throw TortureError("tapd does not serve: \(try log())") }
    }

    deinit { if ProcessFigures.isRunning(process) { kill(process, SIGKILL) } }

    private static func describe(in folder: TemporaryFolder, mediaType: String) throws {
        let services = SoakService.allCases.map { service in
            """
              - name: \(service)
                kind: web
                listen: tcp:0:interface=127.0.0.1
                static: .
                types: {txt: \(service == .steady ? service.mediaTypes[0] : mediaType)}
            """
        }
        let text = "taproom: 1\nname: soak\nretention: {keep: 20}\nservices:\n\(services.joined(separator: "\n"))\n"
        try Files.write(Array(text.utf8), to: folder["soak.yaml"])
    }

    /// Where its services listen.
    func ports() throws -> [SoakService: UInt16] {
        guard case .array(let services)? = try status()?["services"] else { throw TortureError("there is no status") }
        var ports: [SoakService: UInt16] = [:]
        for service in services {
            guard let name = service.object?["name"]?.string.flatMap(SoakService.init),
                case .array(let endpoints)? = service.object?["endpoints"],
                let port = endpoints.first?.string?.split(separator: ":").dropFirst().first.flatMap({ UInt16($0) })
            else { continue }
            ports[name] = port
        }
        return ports
    }

    /// Changes the description, tells the program, and returns when `mediaType` answers what it says now.
    func reload(_ mediaType: () -> String?) throws {
        reloads += 1
        let wanted = SoakService.moving.mediaTypes[reloads % 2]
        try SoakedApplication.describe(in: folder, mediaType: wanted)
        kill(process, SIGHUP)
        guard try wait({ mediaType() == wanted }) else { throw TortureError("reload \(reloads) has no effect") }
    }

    /// Has the program replaced by a new one, by turns with `tapctl` and with a signal, and waits for the end of the old one.
    func upgrade() throws {
        upgrades += 1
        let old = process
        if upgrades % 2 == 0 {
            kill(old, SIGUSR2)
        } else {
            let asked = try ChildProgram([programs + "/tapctl", "upgrade", folder["soak.tap"]]).end()
            guard asked.status == 0 else {
                throw TortureError("upgrade \(upgrades): tapctl ended with \(asked.status)")
            }
        }
        let isReplaced = try wait {
            guard case .integer(let process)? = try status()?["pid"], process != old else { return false }
            self.process = pid_t(process)
            return true
        }
        guard isReplaced else { throw TortureError("upgrade \(upgrades) has no effect: \(try log())") }
        guard try wait({ !ProcessFigures.isRunning(old) }) else {
            throw TortureError("upgrade \(upgrades): the old program does not end")
        }
    }

    /// Stops it and says how often each service has answered, as its tap tells it.
    func stop() throws -> [SoakService: Int] {
        kill(process, SIGTERM)
        guard try wait({ !ProcessFigures.isRunning(process) }) else { throw TortureError("tapd does not stop") }
        var answers: [SoakService: Int] = [:]
        for service in SoakService.allCases {
            let path = "\(service).state.counters.requests.2xx"
            let shown = try ChildProgram([programs + "/tapctl", "show", "--json", folder["soak.tap"], path]).end()
            guard case .integer(let count)? = try? JSONReader.read(shown.output).datum else {
                throw TortureError("tapctl show \(path) says: \(shown.output)")
            }
            answers[service] = Int(count)
        }
        return answers
    }

    /// What is wrong with its tap, a sentence for each; it must be stopped.
    func findings() throws -> String {
        let verified = try ChildProgram([programs + "/tapctl", "verify", folder["soak.tap"]]).end()
        return verified.status == 0 ? "" : verified.output
    }

    /// The warnings and errors of all its programs.
    func log() throws -> String {
        String(decoding: try Files.read(folder["soak.log"]), as: UTF8.self)
    }

    /// What it says about itself; nil: nobody answers just now.
    private func status() throws -> DatumObject? {
        guard let client = try? ControlClient(folder["soak.sock"]) else { return nil }
        return try? client.ask("GET", "status").body.object
    }

    private func wait(_ isDone: () throws -> Bool) throws -> Bool {
        let limit = ContinuousClock.now + .milliseconds(SoakedApplication.patience)
        while ContinuousClock.now < limit {
            if try isDone() { return true }
            usleep(1000)
        }
        return false
    }
}
