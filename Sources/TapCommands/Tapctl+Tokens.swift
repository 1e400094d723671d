import ArgumentParser
import TapControl
import TapFile
import Taproom

extension Tapctl {
    struct Token: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say who may ask a running application over TCP: tokens.",
            subcommands: [Add.self, List.self, Remove.self])

        struct Add: Verb {
            static let configuration = CommandConfiguration(
                abstract: "Make a token and print it, this once.",
                usage: "tapctl token add [TAP] NAME --role read|write",
                discussion: "It is sent as \"Authorization: Bearer TOKEN\". The tap has a hash of it only.")
            @OptionGroup var target: Target
            @Option(name: .long, help: ArgumentHelp("What it allows: read or write.", valueName: "role"))
            var role: ControlToken.Role

            func perform(_ invocation: Invocation) throws -> ExitStatus {
                let (tap, name) = try target.tokenName("add", invocation)
                let role = role
                let token = try target.with(tap, invocation) { try await $0.addToken(name, role) }
                return try target.report(
                    ["name": name, "role": role.rawValue, "token": token], token + "\n", invocation)
            }
        }

        struct List: Verb {
            static let configuration = CommandConfiguration(
                abstract: "List the tokens; nobody can tell their texts.", usage: "tapctl token list [TAP]")
            @OptionGroup var target: Target

            func perform(_ invocation: Invocation) throws -> ExitStatus {
                let tap = try target.resolve(atMost: 0, invocation).tap
                let tokens = try target.with(tap, invocation) { try await $0.tokens() }
                return try target.report(
                    tokens, TextTable.text(tokens.map { [$0.name, $0.role.rawValue, $0.time] }), invocation)
            }
        }

        struct Remove: Verb {
            static let configuration = CommandConfiguration(
                abstract: "Take the right of a token away, at once.", usage: "tapctl token remove [TAP] NAME")
            @OptionGroup var target: Target

            func perform(_ invocation: Invocation) throws -> ExitStatus {
                let (tap, name) = try target.tokenName("remove", invocation)
                try target.with(tap, invocation) { try await $0.removeToken(name) }
                return try target.report(["removed": name], "\(tap): token \(name) removed\n", invocation)
            }
        }
    }
}

extension Target {
    fileprivate func tokenName(_ verb: String, _ invocation: Invocation) throws -> (tap: String, name: String) {
        let (tap, arguments) = try resolve(atMost: 1, invocation)
        guard let name = arguments.first else {
            throw UsageError(problem: "name the token", help: "token \(verb) --help")
        }
        return (tap, name)
    }
}

extension ControlToken.Role: ExpressibleByArgument {}
