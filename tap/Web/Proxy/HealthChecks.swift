import NIOCore
import NIOHTTP1
import Taproom

/// Asks upstreams at intervals whether they are well.
///
/// Used on its event loop only.
final class HealthChecks {
    private weak var upstreams: ProxyUpstreams?
    private let loop: any EventLoop
    private let pool: UpstreamPool
    private var timer: Scheduled<Void>?
    private var isStopped = false
    private var questions: [HealthQuestion?]

    init(_ upstreams: ProxyUpstreams, loop: any EventLoop) {
        (self.upstreams, self.loop) = (upstreams, loop)
        // Each question has a connection of its own: that one can be made is part of the answer.
        pool = UpstreamPool(upstreams: upstreams.list.count, limit: 0)
        questions = upstreams.list.map { _ in nil }
    }

    /// Asks now, and again and again.
    func start() {
        guard !isStopped, let upstreams else { return }
        for index in upstreams.list.indices where questions[index] == nil { ask(index, upstreams) }
        let every = TimeAmount.milliseconds(upstreams.settings.health.every.milliseconds)
        timer = loop.assumeIsolated().scheduleTask(in: every) { [weak self] in self?.start() }
    }

    /// Asks no more, and wants to know no more.
    func stop() {
        isStopped = true
        timer?.cancel()
        for question in questions { question?.cancel() }
        questions = questions.map { _ in nil }
    }

    private func ask(_ index: Int, _ upstreams: ProxyUpstreams) {
        let question = HealthQuestion(upstreams.settings, upstreams.list[index]) { [weak self] reason in
            guard let self, !isStopped else { return }
            questions[index] = nil
            self.upstreams?.checked(index, isWell: reason == nil, reason ?? "it answers well")
        }
        questions[index] = question
        question.begin(loop) { [upstreams, pool, loop] body in
            UpstreamConnector(upstreams: upstreams, loop: loop).connect(to: index, for: nil, pool, body)
        }
    }
}

/// One question to one upstream.
final class HealthQuestion: UpstreamUser {
    private let settings: ProxySettings
    private let upstream: Upstream
    private var connection: UpstreamConnection?
    private var timer: Scheduled<Void>?
    private var answer: ((String?) -> Void)?

    /// `answer` is told nil when the upstream is well, and what is wrong otherwise.
    init(_ settings: ProxySettings, _ upstream: Upstream, answer: @escaping (String?) -> Void) {
        (self.settings, self.upstream, self.answer) = (settings, upstream, answer)
    }

    let takesMore = true

    /// Asks on a connection that is made now.
    func begin(
        _ loop: any EventLoop,
        connect: (@escaping (Result<UpstreamConnection, UpstreamFailure>) -> Void) -> Void
    ) {
        let limit = TimeAmount.milliseconds(settings.health.timeout.milliseconds)
        timer = loop.assumeIsolated().scheduleTask(in: limit) { self.end("it did not answer within the time for it") }
        connect { [self] result in
            switch result {
            case .failure(let failure): end(failure.reason)
            case .success(let connection): ask(connection)
            }
        }
    }

    private func ask(_ connection: UpstreamConnection) {
        guard answer != nil else {
            connection.close()
            return
        }
        self.connection = connection
        let head = ByteBuffer(
            string: """
                GET \(settings.health.path ?? "/") HTTP/1.1\r
                Host: \(upstream.authority)\r
                User-Agent: taproom\r
                Connection: close\r
                \r

                """)
        connection.begin(head, isHead: false, mayUpgrade: false, isWhole: true, for: self)
        connection.flush()
    }

    func take(_ event: UpstreamEvent) {
        switch event {
        case .head(let head) where (200..<400).contains(head.status.code): end(nil)
        case .head(let head): end("it answered with \(head.status.code)")
        case .failure(let failure): end(failure.reason)
        case .interim, .upgrade, .body, .pause, .end, .writable: break
        }
    }

    /// Wants no answer any more.
    func cancel() {
        answer = nil
        end(nil)
    }

    private func end(_ reason: String?) {
        timer?.cancel()
        connection?.close()
        connection = nil
        let answer = answer
        self.answer = nil
        answer?(reason)
    }
}
