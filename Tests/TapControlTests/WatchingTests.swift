import CoreMetrics
import Glibc
import Logging
@testable import TapControl
import TapData
import TapFile
import TapMetrics
import TapTesting
import Taproom
import Testing

@Suite(.timeLimit(.minutes(10))) struct WatchingTests {
    private let registry = MetricsRegistry(sourceLimit: .seconds(120))

    private func routes(
        _ states: [StatusReport.Service.State] = [.running], _ condition: WriterCondition = WriterCondition()
    ) -> ControlRoutes {
        let application = Watched(states)
        return ControlRoutes(
            application, metrics: registry,
            health: HealthCheck(application, loops: EventLoopProbe(limit: .seconds(120)), storage: { condition }))
    }

    private func ask(_ routes: ControlRoutes, _ method: String, _ path: String...) async -> ControlResponse {
        await routes.respond(to: ControlRequest(method: method, path: path, asker: Asker(name: "ada")))
    }

    @Test func healthIsThereInAnyCaseAndItsStatusSaysWhatIsAskedFor() async {
        let good = Datum.object([
            "live": .bool(true), "ready": .bool(true), "durable": .bool(true), "problems": .array([]),
        ])
        for path in ["healthz", "readyz"] {
            for method in ["GET", "HEAD"] {
                let answer = await ask(routes(), method, path)
                #expect((answer.status, answer.json, answer.revision) == (200, good, nil))
            }
        }
        let bad = Datum.object([
            "live": .bool(true), "ready": .bool(false), "durable": .bool(true),
            "problems": .array([.string("service \"web-0\" is failed")]),
        ])
        for (path, status) in [("healthz", 200), ("readyz", 503)] {
            let answer = await ask(routes([.failed]), "GET", path)
            #expect((answer.status, answer.json) == (status, bad))
        }
        var condition = WriterCondition()
        condition.failure = "full"
        await #expect(ask(routes([.running], condition), "GET", "healthz").status == 200)
        await #expect(ask(routes([.running], condition), "GET", "readyz").status == 503)
    }

    @Test func metricsAreText() async throws {
        Counter(label: "visits", factory: registry).increment()
        let answer = await ask(routes(), "GET", "metrics")
        guard case .text(let text, let type) = answer.body else {
            Issue.record("no text")
            return
        }
        #expect(type == "text/plain; version=0.0.4; charset=utf-8")
        #expect(text.contains("\nvisits_total 1\n"))
    }

    @Test(arguments: ["metrics", "healthz", "readyz"])
    func whatIsNotWatchedIsNotThere(path: String) async {
        await #expect(ask(ControlRoutes(Watched([])), "GET", path).status == 404)
        await #expect(ask(routes(), "GET", path, "more").status == 404)
        let wrong = await ask(routes(), "POST", path)
        #expect((wrong.status, wrong.allowed) == (405, ["GET", "HEAD", "OPTIONS"]))
    }

    @Test func theHeadAloneIsTheSameWithoutTheRest() async throws {
        try await withTemporaryFolder { folder in
            let socket = try ListeningSocket(Endpoint(.unix(path: folder + "/s", mode: nil)))
            let server = try await ControlServer(
                socket: socket.listener.duplicate(), routes: routes(),
                admission: .peers(owner: geteuid(), readers: nil),
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
            let connection = try TestConnection(to: socket.address)
            try await connection.send("GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n")
            let head = try await connection.receive(through: "\r\n\r\n")
            _ = try await connection.receive(through: "\n")
            #expect(head.hasPrefix("HTTP/1.1 200 OK\r\n"))
            try await connection.send(
                "HEAD /readyz HTTP/1.1\r\nHost: x\r\n\r\nHEAD /v1/nothing HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
            )
            #expect(try await connection.receive(through: "\r\n\r\n") == head)
            let rest = try await connection.receiveAll()
            #expect(String(decoding: rest, as: UTF8.self).hasPrefix("HTTP/1.1 404 Not Found\r\n"))
            #expect(rest.suffix(4) == Array("\r\n\r\n".utf8)[...])
            await server.close()
        }
    }

    @Test func showsWhatTheApplicationSays() async throws {
        try await withTemporaryFolder { folder in
            let path = folder + "/site.tap"
            try Tap.make(path, Application(name: "site", services: [greeter("web")]), by: ada)
            let writer = try TapWriter(Tap(opening: path, for: .writing))
            let figures = ApplicationFigures(
                Watched([.running, .failed]), loops: EventLoopProbe(limit: .seconds(120))
            ) { writer.condition }
            figures.add(to: registry)
            let text = await registry.text()
            for line in [
                "taproom_info{application=\"site\",version=\"\(ProgramVersion.text)\"} 1",
                "taproom_service_up{kind=\"web\",service=\"web-0\"} 1",
                "taproom_service_up{kind=\"web\",service=\"web-1\"} 0",
                "taproom_service_restarts_total{service=\"web-1\"} 1", "taproom_revision 7",
                "taproom_last_durable_revision 8", "taproom_writer_queue 0",
                "taproom_loss_window_seconds{durability=\"everySecond\"} 0", "taproom_last_commit_success 1",
            ] {
                #expect(text.contains("\n\(line)\n"))
            }
            #expect(text.contains("\ntaproom_event_loop_delay_seconds{loop=\"0\"} "))
            try await writer.close()
        }
    }
}
