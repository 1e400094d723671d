import NIOCore
import NIOHTTP1
import TapAccessLog
import Taproom

/// What becomes of a request: it is counted while it is answered, and noted in the access log when that is over.
///
/// One for each connection of HTTP/1, whose requests it takes one after the other, and for each stream of HTTP/2. Used on
/// the event loop only.
struct RequestRecord {
    private let responder: Responder
    private let client: Client
    private var place: PlaceRecord
    private var isOpen = false
    private var begun = NIODeadline.distantPast
    private var user: String?
    /// The request, which is kept for a log only.
    private var request: Request?
    /// The status that was sent; 0: none.
    private var status = 0
    private var bytes: Int64 = 0
    /// What was counted and not shown yet, and for which place and status.
    private var unreported = Counters.Count()
    private var unreportedPlace: PlaceRecord
    private var unreportedStatus = 0

    init(_ responder: Responder, _ client: Client) {
        (self.responder, self.client) = (responder, client)
        place = responder.site.record
        unreportedPlace = place
    }

    /// Has a request answered, which is the one that is meant from now on.
    mutating func answer(to request: Request) -> Answer {
        begun = .now()
        let answer = responder.answer(to: request)
        goOn(with: request)
        return answer
    }

    /// Notes what was found out about a request at last.
    mutating func goOn(with request: Request) {
        begin(responder.answering.place)
        if place.log != nil { (self.request, user) = (request, responder.answering.user) }
    }

    private mutating func begin(_ place: PlaceRecord) {
        self.place = place
        (isOpen, status, bytes) = (true, 0, 0)
    }

    /// Counts the head of an answer; without a request it is the answer to what could not be read as one.
    mutating func sent(_ status: Int) {
        if !isOpen {
            begun = .now()
            begin(responder.site.record)
        }
        self.status = status
        if unreportedStatus != status || unreportedPlace !== place {
            report()
            (unreportedStatus, unreportedPlace) = (status, place)
        }
        unreported.requests += 1
    }

    /// Counts bytes of the body of an answer.
    mutating func sent(bytes: Int64) {
        self.bytes += bytes
        unreported.bytes += bytes
    }

    /// Shows what was counted: who has an answer finds it in the counters.
    mutating func report() {
        guard !unreported.isZero else { return }
        responder.site.records.counters.update { counters in
            counters.add(unreported, for: unreportedStatus, in: unreportedPlace.slot(in: &counters))
        }
        unreportedPlace.figures(responder.figures).add(unreported, for: unreportedStatus)
        unreported = Counters.Count()
    }

    /// Nothing more is sent in answer to the request.
    mutating func end() {
        guard isOpen else { return }
        isOpen = false
        let nanoseconds = (.now() - begun).nanoseconds
        // A tunnel is as long as its users like, and says nothing about the service.
        if status >= 200 { responder.figures.answered(nanoseconds: nanoseconds) }
        guard let log = place.log else { return }
        let line = AccessLine(
            client: request?.client ?? client, user: user, request: request,
            status: status == 0 ? AccessLine.clientLeft : status, bytes: bytes, nanoseconds: nanoseconds)
        (request, user) = (nil, nil)
        responder.lines.add(to: log.file) { line.write(log.format, to: &$0, &$1) }
    }
}
