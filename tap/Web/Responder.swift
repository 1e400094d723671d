import Glibc
import Logging
import NIOCore
import NIOHTTP1
import TapAccessLog
import TapNetwork
import Taproom

/// Answers requests with responses, and remembers small files.
///
/// One for each event loop, and used on it only.
final class Responder {
    /// What one event loop keeps in memory at most.
    static let maximumCacheBytes = 32 << 20
    /// How long a large file stays open at least when nobody asks for it again.
    private static let openFilesTime = TimeAmount.seconds(1)
    /// How often a request is looked at again under another path.
    private static let maximumRewrites = 10

    private(set) var site: Site
    let figures: RequestFigures
    /// The lines that were written for access logs.
    let lines: AccessPages
    /// What is to be known about the answer that was given last: where it is written down, and to whom it was given.
    private(set) var answering: (place: PlaceRecord, user: String?)
    var cache = FileCache(maximumBytes: Responder.maximumCacheBytes)
    let rounds: LoopRounds
    let spare = SpareBuffer()
    private var closesUnusedFiles = false
    private var dateSecond: Int64 = .min
    private var secondText = ""
    private var plainFields = ByteBuffer()
    private var secureFields = ByteBuffer()

    /// By what they come from, which the site keeps.
    private var sources: [ObjectIdentifier: any HandlerSource] = [:]

    let loop: any EventLoop

    init(_ site: Site, on loop: any EventLoop) {
        self.loop = loop
        rounds = LoopRounds(loop)
        self.site = site
        figures = site.records.figures
        lines = AccessPages(on: loop)
        answering = (site.record, nil)
    }

    /// Answers from another site from now on.
    func use(_ site: Site) {
        self.site = site
        dateSecond = .min
        retire()
        cache = FileCache(maximumBytes: Responder.maximumCacheBytes)
    }

    /// Looks through the open files in a while, and again as long as there are any.
    func closeUnusedFilesLater() {
        guard !closesUnusedFiles else { return }
        closesUnusedFiles = true
        loop.assumeIsolated().scheduleTask(in: Responder.openFilesTime) { [weak self] in
            guard let self else { return }
            closesUnusedFiles = false
            if cache.closeUnused() { closeUnusedFilesLater() }
        }
    }

    /// Asks for no more handlers: the service ends.
    func retire() {
        for source in sources.values { source.retire() }
        sources = [:]
    }

    /// Seconds since 1970.
    var now: Int64 { Int64(time(nil)) }

    /// The time as `Date` says it.
    var dateText: String {
        beginSecond()
        return secondText
    }

    /// Writes the fields that every response on a connection has, with their line ends, made once a second: `Date`, and on
    /// encrypted ones `Strict-Transport-Security`.
    func writeCommonFields(to bytes: inout ByteBuffer, isSecure: Bool) {
        beginSecond()
        bytes.writeImmutableBuffer(isSecure ? secureFields : plainFields)
    }

    private func beginSecond() {
        let now = now
        guard now != dateSecond else { return }
        dateSecond = now
        secondText = HTTPDate.text(now)
        let date = "Date: \(secondText)\r\n"
        plainFields = ByteBuffer(string: date)
        secureFields = ByteBuffer(
            string: date + (strictTransport.map { "Strict-Transport-Security: \($0)\r\n" } ?? ""))
    }

    /// The value of `Strict-Transport-Security` (RFC 6797), if it is sent.
    var strictTransport: String? { site.settings.tls.strictTransport.map { "max-age=\($0.milliseconds / 1000)" } }

    /// What answers a request.
    ///
    /// Opens and reads files, and never waits for anything but the disk.
    func answer(to request: Request) -> Answer {
        let fields = request.fields
        answering = (site.record, nil)
        guard fields.hostIsValid, fields.hosts == 1 || fields.hosts == 0 && request.version == .http1_0 else {
            return .response(failure(.badRequest, request))
        }
        if let head = secureRedirect(request) {
            return .response(.failure(head.status, head: head, isHead: request.isHead))
        }
        let host = site.host(of: request)
        answering.place = host.record
        let key = FileCache.Key(host: host.number, path: Responder.withoutQuery(request.target))
        if request.method == .GET || request.isHead, let answer = remembered(key, for: request) { return answer }
        return answer(to: request, from: host, request.target, key: key, rewrites: 0)
    }

    /// Says where the answer is written down.
    func note(_ place: Place, _ request: Request) { answering = (place.record, request.user) }

    /// Where a client without TLS is sent, if it is to come with TLS.
    private func secureRedirect(_ request: Request) -> ResponseHead? {
        guard site.settings.tls.redirect, !request.client.isSecure, let port = site.settings.securePort,
            let path = try? RequestPath(request.target)
        else { return nil }
        let host = HostName.normalized(request.fields.host) + (port == 443 ? "" : ":\(port)")
        let matched = path.matched(0)
        return ResponseHead(.permanentRedirect).with("Location", "https://\(host)\(matched.rest)\(matched.query)")
    }

    private static func withoutQuery(_ target: String) -> String {
        guard let question = target.utf8.firstIndex(of: UInt8(ascii: "?")) else { return target }
        return String(target[..<question])
    }

    private func answer(
        to request: Request, from host: VirtualHost, _ target: String, key: FileCache.Key, rewrites: Int
    ) -> Answer {
        guard target != "*" || request.method != .OPTIONS else { return .response(options) }
        guard request.method != .CONNECT else { return .response(notAllowed) }
        let path: RequestPath
        do throws(RequestPath.Problem) {
            path = try RequestPath(target)
        } catch {
            return .response(failure(.badRequest, request))
        }
        guard let place = host.place(for: path) else { return .response(failure(.notFound, request)) }
        note(place, request)
        guard place.addresses.admit(request.client.address) else {
            return .response(failure(.forbidden, request, place))
        }
        return admitting(request, to: place) { request in
            answer(to: request, at: place, path, from: host, target, key: key, rewrites: rewrites)
        }
    }

    private func answer(
        to request: Request, at place: Place, _ path: RequestPath, from host: VirtualHost, _ target: String,
        key: FileCache.Key, rewrites: Int
    ) -> Answer {
        switch place.action(for: path) {
        case .files(let tree, let count):
            let mounted = path.mounted(below: count)
            // What is kept knows its own place only, and not the rules of one that the request has come through.
            return reading(request, place) {
                file(at: mounted, in: tree, place, request, key: rewrites == 0 && tree.isLasting ? key : nil)
            }
        case .redirect(let target, let status):
            let status = HTTPResponseStatus(statusCode: status)
            let location = target.text(path.matched(place.segments.count), host: request.fields.host)
            let head = ResponseHead(status).with("Location", location).with(place.fields)
            return .response(.failure(status, head: head, isHead: request.isHead))
        case .rewrite(let target):
            guard rewrites < Responder.maximumRewrites else {
                site.logger.error("a request is rewritten without end", metadata: ["target": "\(request.target)"])
                return .response(failure(.internalServerError, request, place))
            }
            let new = target.text(path.matched(place.segments.count), host: request.fields.host)
            return answer(to: request, from: host, new, key: key, rewrites: rewrites + 1)
        case .welcome:
            return reading(request, place) {
                .response(
                    path.segments.isEmpty
                        ? .page(.ok, welcomePage, isHead: request.isHead) : failure(.notFound, request, place))
            }
        case .nothing: return .response(failure(.notFound, request, place))
        case .handled(let origin):
            let source = sources[ObjectIdentifier(origin)] ?? origin.source(on: loop)
            sources[ObjectIdentifier(origin)] = source
            let handler = source.handler(for: request.with(target: target), at: path.matched(place.segments.count))
            return .handler(handler, HandlerTerms(bodyLimit: origin.bodyLimit, fields: place.fields))
        }
    }

    /// The answer to a request that wants to read, which is all that files allow.
    private func reading(_ request: Request, _ place: Place, _ answer: () -> Answer) -> Answer {
        switch request.method {
        case .GET, .HEAD: answer()
        case .OPTIONS: .response(options)
        case .RAW: .response(failure(.notImplemented, request, place))
        default: .response(notAllowed)
        }
    }

    private var options: Response { Response(ResponseHead(.noContent).with("Allow", "GET, HEAD, OPTIONS")) }

    private var notAllowed: Response {
        .failure(.methodNotAllowed, head: ResponseHead(.methodNotAllowed).with("Allow", "GET, HEAD, OPTIONS"))
    }

    /// What a client is told that can't be served.
    func failure(
        _ status: HTTPResponseStatus, _ request: Request, _ place: Place? = nil, head: ResponseHead? = nil
    ) -> Response {
        let head = (head ?? ResponseHead(status)).with(place?.fields ?? [])
        return site.errorPages.response(status, head: head, isHead: request.isHead)
    }
}
