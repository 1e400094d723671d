import Logging
import NIOCore
import NIOHTTP1

/// Has a handler of a program answer a request: it runs as a task, and what it answers comes back to the event loop.
final class OwnHandler: RequestHandler {
    /// How much of a body waits for the handler before the client is read no further.
    private static let maximumWaitingBytes = 64 << 10

    private let request: Request
    private let path: RequestPath
    private let parameters: [String: String]
    private let route: Route
    private let handler: WebRouter.Handler
    private let routes: OwnRoutes
    private var stream: (any ResponseStream)?
    private var body: Inbox<[UInt8]>?
    private var bodyBytes: Int64 = 0
    private var task: HandlerTask?
    private var outlet: Outlet?
    private var fileSender: FileSender?
    private var hasBegun = false

    init(
        _ request: Request, _ path: RequestPath, _ parameters: [String: String], _ route: Route,
        _ handler: @escaping WebRouter.Handler, _ routes: OwnRoutes
    ) {
        (self.request, self.path, self.parameters) = (request, path, parameters)
        (self.route, self.handler, self.routes) = (route, handler, routes)
    }

    // MARK: The request

    func begin(_ stream: any ResponseStream) {
        self.stream = stream
        guard request.fields.contentLength ?? 0 <= route.bodyLimit else {
            fail(WebFailure(413))
            return
        }
        let (loop, bound) = (stream.eventLoop, NIOLoopBound(self, eventLoop: stream.eventLoop))
        let body = Inbox<[UInt8]>(limit: Self.maximumWaitingBytes) {
            loop.execute { bound.value.stream?.setReading(true) }
        }
        self.body = body
        if !request.hasBody { body.finish() }
        let outlet = Outlet(stream)
        self.outlet = outlet
        let request = WebRequest(request, path, parameters, body)
        task = routes.tasks.start { [handler, route, routes] in
            do {
                let response = try await handler(request)
                try await Self.answer(response, bound, outlet, loop)
            } catch {
                let failure = error is CancellationError ? WebFailure(503) : routes.note(error, route)
                loop.execute { bound.value.fail(failure) }
            }
        }
        if task == nil { fail(WebFailure(503)) }
    }

    func receive(_ bytes: ByteBuffer) {
        bodyBytes += Int64(bytes.readableBytes)
        guard bodyBytes <= route.bodyLimit else {
            body?.fail(WebFailure(413))
            return
        }
        if body?.add(Array(bytes.readableBytesView), bytes: bytes.readableBytes) == true { stream?.setReading(false) }
    }

    func receiveEnd() { body?.finish() }

    func writabilityChanged() {
        outlet?.writabilityChanged()
        fileSender?.writabilityChanged()
    }

    func cancel() {
        stream = nil
        end()
        task?.cancel()
    }

    /// Nothing more is sent, and nothing of the request is of interest.
    private func end() {
        outlet?.close()
        fileSender?.cancel()
        fileSender = nil
        body?.fail(CancellationError())
    }

    // MARK: The answer

    /// Sends what the handler has answered, on the event loop, and a body that is made on the way from here.
    private static func answer(
        _ response: WebResponse, _ handler: NIOLoopBound<OwnHandler>, _ outlet: Outlet, _ loop: any EventLoop
    ) async throws {
        guard case .stream(let write) = response.body else {
            loop.execute { handler.value.send(response) }
            return
        }
        let goesOn = try await loop.submit { handler.value.sendHead(response) }.get()
        guard goesOn else { return }
        try await write(WebWriter(outlet: outlet))
        loop.execute { handler.value.finish() }
    }

    private func head(of response: WebResponse) -> ResponseHead? {
        let problem: String? =
            if !(200...599).contains(response.status) {
                "the status \(response.status) is none from 200 to 599"
            } else {
                response.fields.first { !ResponseFields.isValid($0.name, $0.value) }.map {
                    "the field \"\($0.name)\" \(ResponseFields.advice($0.name))"
                }
            }
        guard let problem else {
            let names = Set(response.fields.map { $0.name.lowercased() })
            let usual = ResponseHead(.ok).fields.filter { !names.contains($0.name.lowercased()) }
            return ResponseHead(
                HTTPResponseStatus(statusCode: response.status), fields: usual + response.fields)
        }
        routes.logger.error(
            "a route has answered what can't be sent",
            metadata: ["route": "\(route.method) \(route.pattern.text)", "reason": "\(problem)"])
        fail(WebFailure(500))
        return nil
    }

    private func send(_ response: WebResponse) {
        guard let stream else { return }
        switch response.body {
        case .stream: return
        case .file(let name, let folder): send(response, file: name, in: folder)
        case .bytes(let bytes):
            guard var head = head(of: response) else { return }
            if ![204, 304].contains(response.status) { head = head.with("Content-Length", "\(bytes.readableBytes)") }
            sendHead(head, stream)
            stream.send(bytes)
            finish()
        }
    }

    private func sendHead(_ head: ResponseHead, _ stream: any ResponseStream) {
        hasBegun = true
        stream.send(head)
    }

    /// Sends the head of a body that is made on the way; answers whether the body is wanted.
    private func sendHead(_ response: WebResponse) -> Bool {
        guard let stream, let head = head(of: response) else { return false }
        sendHead(head, stream)
        guard !request.isHead, ![204, 304].contains(response.status) else {
            finish()
            return false
        }
        stream.flush()
        return true
    }

    private func send(_ response: WebResponse, file name: String, in folder: String) {
        guard let stream else { return }
        do throws(WebFailure) {
            guard head(of: response) != nil else { return }
            let whole = try FileSender.response(name, in: folder, response.fields, to: request)
            sendHead(whole.head, stream)
            let sender = FileSender(whole, stream) { [unowned self] isComplete in
                if isComplete { finish() } else { fail(WebFailure(500)) }
            }
            fileSender = sender
            sender.writabilityChanged()
        } catch {
            fail(error)
        }
    }

    private func finish() {
        guard let stream else { return }
        self.stream = nil
        end()
        // What is left of the request's body has to come before another request can.
        stream.setReading(true)
        stream.finish()
    }

    private func fail(_ failure: WebFailure) {
        guard let stream else { return }
        self.stream = nil
        end()
        stream.setReading(true)
        if hasBegun {
            stream.fail(.internalServerError)
        } else {
            FixedAnswer(routes.response(to: failure, isHead: request.isHead)).begin(stream)
        }
    }
}
