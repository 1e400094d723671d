import NIOCore
import NIOHTTP1
import TapNetwork

/// Passes one request on to an upstream, and the answer back, piece by piece: whoever is slow makes the other one wait.
final class ProxyHandler: RequestHandler {
    private enum State {
        case connecting
        case exchanging(UpstreamConnection)
        case tunnel(UpstreamConnection)
        case over
    }

    /// So many proxies of our name on the way mean that the request goes in a circle.
    private static let maximumHops = 8

    private let source: ProxySource
    private let request: Request
    private let place: MatchedPath
    private let mayUpgrade: Bool
    private var body: RequestBody
    private var state = State.connecting
    private var stream: (any ResponseStream)?
    /// The upstream that has the request.
    private var index = 0
    private var tries = UpstreamTries()
    private var isHeld = false
    private var hasAnswered = false

    init(_ request: Request, at place: MatchedPath, _ source: ProxySource) {
        (self.request, self.place, self.source) = (request, place, source)
        body = RequestBody(RequestFraming(request))
        mayUpgrade = UpstreamRequestHead.mayUpgrade(request) && !body.framing.hasBody
    }

    // MARK: The beginning

    func begin(_ stream: any ResponseStream) {
        self.stream = stream
        if request.method == .CONNECT {
            end(with: .methodNotAllowed)
        } else if isCircling {
            end(with: .loopDetected)
        } else {
            tryNext(after: nil)
        }
    }

    private var isCircling: Bool {
        guard request.fields.hasVia, let via = request.lines.list("via") else { return false }
        let hops = via.split(separator: ",").filter { $0.trimmingSpaces.hasSuffix(" taproom") }
        return hops.count >= Self.maximumHops
    }

    /// Gives the request to an upstream that has not had it yet.
    private func tryNext(after failure: UpstreamFailure?) {
        switch source.upstreams.choose(without: tries.tried) {
        case .target(let index):
            self.index = index
            tries.note(index)
            if let connection = source.pool.take(index) {
                tries.isReused = true
                send(on: connection)
            } else {
                connect()
            }
        case .exhausted: end(with: failure?.status ?? .badGateway)
        case .allOut(let seconds): endUnavailable(retrySeconds: seconds)
        }
    }

    private func connect() {
        state = .connecting
        tries.isReused = false
        hold(request.hasBody)
        source.connect(to: index, for: request.client) { [self] result in
            switch result {
            case .failure(let failure):
                if case .connecting = state { failed(failure) }
            case .success(let connection):
                if case .connecting = state { send(on: connection) } else { source.giveUnused(connection) }
            }
        }
    }

    private func send(on connection: UpstreamConnection) {
        let upstream = source.upstreams.list[index]
        guard let target = UpstreamTarget.text(request, at: place, upstream) else {
            source.giveUnused(connection)
            leave()
            end(with: .badRequest)
            return
        }
        state = .exchanging(connection)
        let head = source.upstreams.heads.bytes(
            request, target: target, to: upstream, framing: body.framing, mayUpgrade: mayUpgrade,
            keepsAlive: source.upstreams.keepsAlive)
        connection.begin(
            head, isHead: request.isHead, mayUpgrade: mayUpgrade, isWhole: !body.framing.hasBody, for: self)
        while let bytes = body.next() { connection.write(bytes) }
        if body.isComplete { connection.endRequest() }
        connection.flush()
        hold(!connection.isWritable)
    }

    /// Holds the request's body back, or lets it come.
    private func hold(_ isHeld: Bool) {
        guard self.isHeld != isHeld else { return }
        self.isHeld = isHeld
        stream?.setReading(!isHeld)
    }

    // MARK: The end

    /// The upstream has nothing more to do with the request.
    private func leave() {
        source.upstreams.ended(index)
        tries.hasUpstream = false
    }

    private func end(with status: HTTPResponseStatus) {
        state = .over
        let stream = stream
        self.stream = nil
        stream?.fail(status)
    }

    private func endUnavailable(retrySeconds: Int64) {
        state = .over
        let stream = stream
        self.stream = nil
        let head = ResponseHead(.serviceUnavailable).with("Retry-After", "\(retrySeconds)")
        let response = Response.failure(.serviceUnavailable, head: head, isHead: request.isHead)
        stream?.send(response.head)
        for case .bytes(let bytes) in response.body { stream?.send(bytes) }
        stream?.finish()
    }

    private func finish() {
        leave()
        state = .over
        let stream = stream
        self.stream = nil
        stream?.finish()
    }

    func cancel() {
        if case .exchanging(let connection) = state { connection.close() }
        if case .tunnel(let connection) = state { connection.close() }
        if tries.hasUpstream { leave() }
        state = .over
        stream = nil
    }

    private func failed(_ failure: UpstreamFailure) {
        if case .tunnel = state {
            // Silence, and an end without a word, are usual there.
            finish()
            return
        }
        if tries.isStale(failure), canRepeat {
            connect()
            return
        }
        // A connection that closes while it is idle is no fault, but what crossed it can't be sent again.
        if !tries.isStale(failure) { source.upstreams.failed(index, failure) }
        leave()
        let isAllowed = failure.cameBeforeRequest || failure.isClosing && canRepeat
        if isAllowed, !hasAnswered, tries.count <= source.upstreams.settings.retries {
            tryNext(after: failure)
        } else {
            end(with: failure.status)
        }
    }

    /// Whether the request can be sent twice (RFC 9110, 9.2.1), and nothing of an answer was passed on.
    private var canRepeat: Bool {
        guard !hasAnswered, !body.framing.hasBody else { return false }
        return [.GET, .HEAD, .OPTIONS, .TRACE].contains(request.method)
    }

    // MARK: From the client

    func receive(_ bytes: ByteBuffer) {
        switch state {
        case .over: return
        case .tunnel(let connection):
            connection.write(bytes)
            connection.flush()
            hold(!connection.isWritable)
        case .connecting:
            if !body.add(bytes) { refuse() }
        case .exchanging(let connection):
            guard body.add(bytes) else {
                refuse()
                return
            }
            while let piece = body.next() { connection.write(piece) }
            connection.flush()
            hold(!connection.isWritable)
        }
    }

    func receiveEnd() {
        switch state {
        case .over: return
        case .tunnel(let connection): connection.endTunnel()
        case .connecting:
            if !body.end() { refuse() }
        case .exchanging(let connection):
            guard body.end() else {
                refuse()
                return
            }
            while let piece = body.next() { connection.write(piece) }
            connection.endRequest()
            connection.flush()
        }
    }

    /// The body is longer or shorter than was said: an upstream would take what follows for another request.
    private func refuse() {
        let stream = stream
        cancel()
        stream?.fail(.badRequest)
    }

    func writabilityChanged() {
        guard stream?.isWritable == true else { return }
        if case .exchanging(let connection) = state { connection.resume() }
        if case .tunnel(let connection) = state { connection.resume() }
    }
}

// MARK: From the upstream

extension ProxyHandler: UpstreamUser {
    var takesMore: Bool { stream?.isWritable ?? true }

    func take(_ event: UpstreamEvent) {
        switch event {
        case .interim(let head):
            stream?.send(head)
        case .head(let head):
            hasAnswered = true
            source.upstreams.succeeded(index)
            stream?.send(head)
        case .body(let bytes): stream?.send(bytes)
        case .pause: stream?.flush()
        case .end: finish()
        case .writable: hold(false)
        case .upgrade(let head): upgrade(head)
        case .failure(let failure): failed(failure)
        }
    }

    private func upgrade(_ head: ResponseHead) {
        guard case .exchanging(let connection) = state, let stream else { return }
        hasAnswered = true
        source.upstreams.succeeded(index)
        // Bytes of the client may come before the call is back.
        state = .tunnel(connection)
        if !stream.upgrade(head) {
            connection.close()
            leave()
            end(with: .badGateway)
        }
    }
}
