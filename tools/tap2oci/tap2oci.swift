import TapCommands
import TapStandard
import Taproom

@main
struct Program: TapProgram {
    static let kinds: [any ServiceKind.Type] = StandardKinds.all
}
