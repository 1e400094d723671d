import Dispatch
import Glibc
import Synchronization

/// Clients of two web services of one application, each in a thread of its own, and what becomes of their requests.
///
/// Some make a connection for each request; these must always be answered. Others keep theirs, to the service that never
/// changes; such a connection may end, between two answers, when the application goes to a new program, and at no other time.
final class SoakClients: Sendable {
    struct Tally: Sendable {
        /// Answers by service.
        var answers: [SoakService: Int] = [:]
        var findings = Findings()
        /// The longest time from a new connection to the end of its answer.
        var slowest = Duration.zero
    }

    /// Of more than so many losses the rest is only counted.
    private static let mostSentences = 20
    /// What a client does between two requests: so that the machine has time for others.
    private static let pause: UInt32 = 2000

    private let ports: [SoakService: UInt16]
    private let body: [UInt8]
    private let tally = Mutex(Tally())
    private let isOver = Atomic(false)
    private let upgradesBegun = Atomic(0)
    private let upgradesDone = Atomic(0)
    private let group = DispatchGroup()

    /// Clients that know where the services are, and what the file holds that they ask for.
    init(_ ports: [SoakService: UInt16], body: [UInt8]) {
        self.ports = ports
        self.body = body
    }

    /// Starts all clients.
    func start() {
        run("a new connection to \"steady\"") { $0.askAnew(.steady) }
        run("a new connection to \"moving\"") { $0.askAnew(.moving) }
        for _ in 0..<2 { run("a kept connection") { $0.askOnOneConnection() } }
    }

    private func run(_ label: String, _ body: @escaping @Sendable (SoakClients) -> Void) {
        // A serial queue has a thread of its own, however few processors there are.
        DispatchQueue(label: label).async(group: group) { [self] in
            while !isOver.load(ordering: .relaxed) { body(self) }
        }
    }

    /// Waits until all clients have their last answer.
    func stop() -> Tally {
        isOver.store(true, ordering: .relaxed)
        group.wait()
        return tally.withLock { $0 }
    }

    /// Tells when the application is about to go to a new program, and when it is there.
    func upgradeBegins() { upgradesBegun.add(1, ordering: .sequentiallyConsistent) }
    func upgradeIsDone() { upgradesDone.add(1, ordering: .sequentiallyConsistent) }

    /// Asks a service on a new connection; answers the media type of what it served.
    @discardableResult
    func askAnew(_ service: SoakService) -> String? {
        let start = ContinuousClock.now
        defer { usleep(SoakClients.pause) }
        do throws(WebClient.Failure) {
            let answer = try ask(WebClient(port: ports[service] ?? 0), service, isKept: false)
            let time = ContinuousClock.now - start
            tally.withLock { tally in
                tally.findings.count("answers on new connections")
                tally.slowest = max(tally.slowest, time)
            }
            return answer.mediaType
        } catch {
            lose("a new connection to \"\(service)\" was \(error.rawValue)")
            return nil
        }
    }

    /// Asks the service that never changes, for as long as the connection lasts.
    private func askOnOneConnection() {
        let upgrades = upgradesDone.load(ordering: .sequentiallyConsistent)
        do throws(WebClient.Failure) {
            let client = try WebClient(port: ports[.steady] ?? 0)
            do throws(WebClient.Failure) {
                while !isOver.load(ordering: .relaxed) {
                    _ = try ask(client, .steady, isKept: true)
                    tally.withLock { $0.findings.count("answers on kept connections") }
                    usleep(SoakClients.pause)
                }
            } catch {
                let isBetweenAnswers = error == .ended || error == .reset
                guard isBetweenAnswers, upgradesBegun.load(ordering: .sequentiallyConsistent) > upgrades else {
                    throw error
                }
                tally.withLock { $0.findings.count("kept connections ended by upgrades") }
            }
        } catch {
            lose("a kept connection was \(error.rawValue)")
        }
    }

    private func ask(
        _ client: WebClient, _ service: SoakService, isKept: Bool
    ) throws(WebClient.Failure) -> WebClient.Answer {
        let answer = try client.get("/file.txt", isKept: isKept)
        tally.withLock { $0.answers[service, default: 0] += 1 }
        guard answer.body == body, service.mediaTypes.contains(answer.mediaType) else { throw .wrong }
        return answer
    }

    private func lose(_ sentence: String) {
        tally.withLock { tally in
            if tally.findings.losses.count < SoakClients.mostSentences {
                tally.findings.lose("soak: \(sentence)")
            } else {
                tally.findings.count("more losses")
            }
        }
    }
}
