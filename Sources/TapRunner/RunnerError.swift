import Glibc
package import TapProcess
package import Taproom

/// A start that failed.
///
/// Nothing runs then, and the tap is as it was.
package enum RunnerError: ReportableError {
    case cannotListen(service: String, BindFailure)
    /// Two services, or one twice, are to listen at the same place.
    case sharedEndpoint(Endpoint, services: [String])
    /// A socket that was handed over takes datagrams, and the kind of the service does not.
    case takesDatagrams(service: String, Endpoint)
    case cannotControl(socket: String, code: CInt)
    case unknownKind(service: String, UnknownKind)
    case otherSettings(service: String, problem: String)
    case badSettings(service: String, problems: [String])
    case account(AccountError)
    case notRoot(user: String)
    case dropFailed(String)
    case serviceFailed(service: String, problem: String)

    package var description: String {
        switch self {
        case .cannotListen(let service, let failure) where failure.handedOver != nil:
            "service \"\(service)\": the socket of \(failure.endpoint) was not handed over; \(failure.handedOverText)"
        case .cannotListen(let service, let failure):
            "service \"\(service)\": cannot listen on \(failure.endpoint): \(SystemCallError("listen", code: failure.code).reason)"
        case .sharedEndpoint(let endpoint, let services) where Set(services).count == 1:
            "service \"\(services[0])\": names \(endpoint) twice"
        case .sharedEndpoint(let endpoint, let services):
            "services \(services.map { "\"\($0)\"" }.joined(separator: " and ")): both are to listen on \(endpoint)"
        case .takesDatagrams(let service, let endpoint):
            "service \"\(service)\": the socket of \(endpoint) takes datagrams, and the kind of the service takes connections"
        case .cannotControl(let socket, let code):
            "cannot make the control socket \(socket): \(SystemCallError("bind", code: code).reason)"
        case .unknownKind(let service, let error): "service \"\(service)\": \(error)"
        case .otherSettings(let service, let problem): "service \"\(service)\": what it has for settings \(problem)"
        case .badSettings(let service, let problems):
            problems.map { "service \"\(service)\": \($0)" }.joined(separator: "\n")
        case .account(let error): error.description
        case .notRoot(let user): "cannot become the user \(user): only root can"
        case .dropFailed(let problem): "root could not be given up: \(problem)"
        case .serviceFailed(let service, let problem): "service \"\(service)\": \(problem)"
        }
    }

    package var advice: String? {
        switch self {
        case .cannotListen(_, let failure) where failure.handedOver != nil:
            "Start it through a socket unit with FileDescriptorName=\(failure.endpoint.socketName)."
        case .sharedEndpoint: "Give each an endpoint of its own."
        case .cannotListen(_, let failure):
            switch failure.code {
            case EADDRINUSE: "Another program listens there: stop it, or choose another endpoint."
            case EACCES, EPERM: "Start tapd as root, or choose a port above 1023."
            case EADDRNOTAVAIL: "The interface must be an address of this machine."
            case ENOENT: "The folder of the socket must be there."
            default: nil
            }
        case .takesDatagrams: "Its socket unit must have ListenStream=, not ListenDatagram=."
        case .cannotControl: "Choose another place with --control."
        case .unknownKind(_, let error):
            "\(RunnerError.way(toKind: error)) tapd --quarantine runs the other services and leaves this one alone."
        case .badSettings, .otherSettings: nil
        case .account(.unknownUser): "Make it, or name another with --uid."
        case .account(.unknownGroup): "Make it, or name another with --gid."
        case .account(.notRoot), .notRoot: "Start tapd as root, or as that user."
        case .dropFailed, .serviceFailed: nil
        }
    }

    private static func way(toKind error: UnknownKind) -> String {
        let isKnown = error.package != nil || error.failure != nil
        return isKnown ? error.advice ?? "" : "Run it with the program that knows this kind."
    }

    package var exitStatus: ExitStatus {
        switch self {
        case .cannotListen(_, let failure) where failure.handedOver != nil: .configuration
        case .sharedEndpoint: .badData
        case .cannotListen(_, let failure):
            [EACCES, EPERM].contains(failure.code) ? .notPermitted : .unavailable
        case .cannotControl: .cannotCreate
        case .takesDatagrams, .unknownKind, .account: .configuration
        case .otherSettings, .badSettings: .badData
        case .notRoot, .dropFailed: .notPermitted
        case .serviceFailed: .unavailable
        }
    }
}
