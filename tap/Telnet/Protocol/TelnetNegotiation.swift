/// The options of one connection: what is offered and asked for at its beginning, and what comes of it.
struct TelnetNegotiation: Sendable {
    /// How often a client may say something of options; more is no talk but an attack.
    static let maximumRequests = 200

    private static let offered: [TelnetOption] = [.suppressGoAhead, .echo, .binary]
    private static let wanted: [TelnetOption] = [.suppressGoAhead, .windowSize, .binary]

    private var ours: [UInt8: OptionState] = [:]
    private var theirs: [UInt8: OptionState] = [:]
    private var requests = 0

    /// Whether what is typed is shown by this side.
    var isEchoOurs: Bool { ours[TelnetOption.echo.rawValue]?.isOn ?? false }

    /// Whether the client has said more than any client has to say.
    var isExcessive: Bool { requests > TelnetNegotiation.maximumRequests }

    /// What is said first.
    mutating func begin() -> [UInt8] {
        TelnetNegotiation.offered.flatMap { option in
            TelnetNegotiation.message(
                ours[option.rawValue, default: OptionState()].want(true), .will, .wont, option.rawValue)
        }
            + TelnetNegotiation.wanted.flatMap { option in
                TelnetNegotiation.message(
                    theirs[option.rawValue, default: OptionState()].want(true), .do, .dont, option.rawValue)
            }
    }

    /// Takes what a client says of an option, and answers what is to be sent.
    mutating func hear(_ verb: TelnetVerb, _ option: UInt8) -> [UInt8] {
        requests += 1
        guard !isExcessive else { return [] }
        let known = TelnetOption(rawValue: option)
        switch verb {
        case .do, .dont:
            let isAllowed = known.map(TelnetNegotiation.offered.contains) ?? false
            let answer = hear(verb == .do, isAllowed, &ours, option)
            return TelnetNegotiation.message(answer, .will, .wont, option)
        case .will, .wont:
            let isAllowed = known.map(TelnetNegotiation.wanted.contains) ?? false
            let answer = hear(verb == .will, isAllowed, &theirs, option)
            return TelnetNegotiation.message(answer, .do, .dont, option)
        }
    }

    private func hear(
        _ isOn: Bool, _ isAllowed: Bool, _ states: inout [UInt8: OptionState], _ option: UInt8
    ) -> Bool? {
        var state = states[option] ?? OptionState()
        let answer = state.hear(isOn, isAllowed: isAllowed)
        // Of what is refused nothing has to be remembered.
        if isAllowed { states[option] = state }
        return answer
    }

    private static func message(_ isOn: Bool?, _ yes: TelnetVerb, _ no: TelnetVerb, _ option: UInt8) -> [UInt8] {
        isOn.map { [TelnetCode.interpretAsCommand, ($0 ? yes : no).rawValue, option] } ?? []
    }
}
