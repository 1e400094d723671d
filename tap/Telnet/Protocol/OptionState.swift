/// Whether one side has an option, with what was asked and is not answered: the Q method (RFC 1143).
///
/// It is the same for both sides: a side is asked to have the option or not, and says whether it has. What is answered is
/// what the other side is to be told, so that no two programs answer each other for ever.
struct OptionState: Equatable, Sendable {
    private enum State: Equatable {
        case no, yes
        /// Asked for, and not answered; `isOpposite`: the opposite is wanted by now.
        case wantNo(isOpposite: Bool)
        case wantYes(isOpposite: Bool)
    }

    private var state = State.no

    /// Whether the side has it.
    var isOn: Bool { state == .yes }

    /// Wants the side to have it, or not.
    ///
    /// Answers what is to be asked for, if anything is now.
    mutating func want(_ isOn: Bool) -> Bool? {
        switch (state, isOn) {
        case (.no, true):
            state = .wantYes(isOpposite: false)
            return true
        case (.yes, false):
            state = .wantNo(isOpposite: false)
            return false
        case (.wantNo, _): state = .wantNo(isOpposite: isOn)
        case (.wantYes, _): state = .wantYes(isOpposite: !isOn)
        case (.no, false), (.yes, true): break
        }
        return nil
    }

    /// Hears that the other side wants it, or not; `isAllowed`: whether the side may have it.
    ///
    /// Answers what is to be said, if anything is.
    mutating func hear(_ isOn: Bool, isAllowed: Bool) -> Bool? {
        isOn ? hearYes(isAllowed) : hearNo()
    }

    private mutating func hearYes(_ isAllowed: Bool) -> Bool? {
        switch state {
        case .no:
            if isAllowed { state = .yes }
            return isAllowed
        case .yes: return nil
        // No was answered with yes, which is a mistake of the other side.
        case .wantNo(let isOpposite): state = isOpposite ? .yes : .no
        case .wantYes(isOpposite: false): state = .yes
        case .wantYes(isOpposite: true):
            state = .wantNo(isOpposite: false)
            return false
        }
        return nil
    }

    private mutating func hearNo() -> Bool? {
        switch state {
        case .no: return nil
        case .yes:
            state = .no
            return false
        case .wantNo(isOpposite: true):
            state = .wantYes(isOpposite: false)
            return true
        case .wantNo(isOpposite: false), .wantYes: state = .no
        }
        return nil
    }
}
