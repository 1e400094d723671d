import NIOCore
import NIOHTTP1

extension Responder {
    /// Has a request answered when it has passed what its place asks for.
    func admitting(_ request: Request, to place: Place, _ answer: (Request) -> Answer) -> Answer {
        guard let access = place.access else { return answer(request) }
        var request = request
        if let authentication = access.authentication, request.passage?.contains(authentication) != true {
            switch authentication.look(request.lines) {
            case .known(let user): request.pass(authentication, as: user)
            case .refused: return .response(unauthorized(request, place, authentication))
            case .unchecked(let credentials, let digest):
                let verdict = authentication.check(credentials, digest, on: loop)
                return .later(LaterAnswer(verdict) { [self] in self.answer(to: request, place, authentication, $0) })
            }
        }
        return answer(request)
    }

    private func answer(
        to request: Request, _ place: Place, _ authentication: Authentication, _ verdict: Authentication.Verdict
    ) -> Answer {
        switch verdict {
        case .known(let user):
            var request = request
            request.pass(authentication, as: user)
            return answer(to: request)
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
