/// Why a request is not let through.
enum Refusal: String, Error, Sendable, CaseIterable {
    /// A rule says so.
    case denied
    /// There are rules that let requests through, and none of them is about this one.
    case notAllowed
    /// The command is not on, and no rule lets it through.
    case command
    /// The destination is near the server, and the client is not.
    case near

    /// Passwords are asked for since the client has come, and it was not asked.
    case unknownUser

    /// What the log says.
    var reason: String {
        switch self {
        case .denied: "a rule of deny is about it"
        case .notAllowed: "no rule of allow is about it"
        case .command: "the command is not among those that are on"
        case .unknownUser: "passwords are asked for now, and the client has come before"
        case .near: "the destination is this machine or its link, and the client is elsewhere"
        }
    }
}
