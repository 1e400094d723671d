import NIOCore
import NIOHTTP1
import TapNetwork
import TapSecrets

extension Responder {
    /// Has a request answered when it has passed what its place asks for.
    ///
    /// Which pages may read the answer is said by the first place on its way that says it: browsers ask the address that
    /// they know.
    func admitting(_ request: Request, to place: Place, _ answer: (Request) -> Answer) -> Answer {
        guard let access = place.access else { return answer(request) }
        guard let crossOrigin = access.crossOrigin, !request.isMarked else {
            return admitting(request, to: place, access, nil, answer)
        }
        let request = request.marked
        return crossOrigin.mark(admitting(request, to: place, access, crossOrigin, answer), request)
    }

    private func admitting(
        _ request: Request, to place: Place, _ access: AccessRules, _ crossOrigin: CrossOrigin?,
        _ answer: (Request) -> Answer
    ) -> Answer {
        var request = request
        if let rate = access.rate, request.passage?.contains(rate) != true {
            if let client = ClientKey(request.client.address), let wait = rate.admit(client) {
                return .response(tooMany(request, place, wait))
            }
            // Who asks for several places on the way of one request asks once.
            if access.authentication != nil || place.isPassedThrough { request = request.passing(rate) }
        }
        // A browser asks this before it sends a password.
        if let head = crossOrigin?.permission(request) { return .response(Response(head.with(place.fields))) }
        guard let authentication = access.authentication, request.passage?.contains(authentication) != true else {
            return answer(request)
        }
        switch authentication.look(request.lines) {
        case .known(let user):
            request = request.passing(authentication, as: user)
            note(place, request)
            return answer(request)
        case .refused: return .response(unauthorized(request, place, authentication))
        case .unchecked(let credentials, let digest):
            let verdict = authentication.check(credentials, digest, on: loop)
            return .later(LaterAnswer(verdict) { [self] in self.answer(to: request, place, authentication, $0) })
        }
    }

    private func tooMany(_ request: Request, _ place: Place, _ wait: TimeAmount) -> Response {
        let seconds = (wait.nanoseconds + 999_999_999) / 1_000_000_000
        let head = ResponseHead(.tooManyRequests).with("Retry-After", "\(seconds)")
        return failure(.tooManyRequests, request, place, head: head)
    }

    private func answer(
        to request: Request, _ place: Place, _ authentication: Authentication, _ verdict: KnownUsers.Verdict
    ) -> Answer {
        note(place, request)
        switch verdict {
        case .known(let user):
            return answer(to: request.passing(authentication, as: user))
        case .refused: return .response(unauthorized(request, place, authentication))
        case .busy:
            let head = ResponseHead(.serviceUnavailable).with("Retry-After", "2")
            return .response(failure(.serviceUnavailable, request, place, head: head))
        }
    }

    private func unauthorized(_ request: Request, _ place: Place, _ authentication: Authentication) -> Response {
        let head = ResponseHead(.unauthorized).with("WWW-Authenticate", authentication.challenge)
        return failure(.unauthorized, request, place, head: head)
    }
}
