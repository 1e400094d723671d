import TapCommands
import Taproom

/// All tools, with the kinds that are listed here: `hello mktap hello`, `hello tapd -f hello.tap`, `hello tapctl status`.
@main
struct HelloProgram: TapProgram {
    static let kinds: [any ServiceKind.Type] = [Hello.self]
}
