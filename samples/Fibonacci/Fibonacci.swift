// A kind of one's own in a complete program: every client is given a Fibonacci number that no client has had before.
import ArgumentParser
import ServiceLifecycle
import TapCommands
import TapNetwork
import Taproom

@main
struct FibonacciProgram: TapProgram {
    static let kinds: [any ServiceKind.Type] = [Fibonacci.self]
}

struct Fibonacci: ServiceKind {
    static let word = "fibonacci"
    static let summary = "Gives each client the next Fibonacci number."

    struct Settings: ServiceSettings {
        var listen: OneOrMore<Endpoint> = [.tcp(port: 1123)]
        var endpoints: [Endpoint] { listen.elements }
    }

    struct Options: ServiceOptions {
        @OptionGroup var listening: ListenOptions

        func settings() throws -> Settings { Settings(listen: try listening.endpoints(default: Settings().listen)) }
    }

    static let sequence = Cell("sequence", initial: Sequence(), durability: .always)
    static let state: [any StateDeclaration] = [sequence]

    static func makeService(settings: Settings, context: ServiceContext) async throws -> any Service {
        let sequence = try await context.open(Self.sequence)
        return ConnectionServer(context) { client in
            // The number is on disk as given before the client sees it.
            try await client.write(sequence.update { $0.next() } + "\n")
        }
    }
}

/// The next two numbers, in decimal digits, for they soon outgrow every integer.
struct Sequence: Codable {
    private var first = "0"
    private var second = "1"

    mutating func next() -> String {
        let digits = [first, second].map { $0.reversed().compactMap(\.wholeNumberValue) }
        var carry = 0
        let sum = digits[1].indices.map { place in
            carry = carry / 10 + digits[1][place] + (place < digits[0].count ? digits[0][place] : 0)
            return String(carry % 10)
        }
        defer { (first, second) = (second, (carry > 9 ? "1" : "") + sum.reversed().joined()) }
        return first
    }
}
