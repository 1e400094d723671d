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
        defer { (first, second) = (second, Sequence.sum(first, second)) }
        return first
    }

    private static func sum(_ left: String, _ right: String) -> String {
        let digits = [left, right].map { $0.reversed().compactMap(\.wholeNumberValue) }
        var (sum, carry) = ([Int](), 0)
        for place in 0..<max(digits[0].count, digits[1].count) {
            carry += digits.reduce(0) { $0 + (place < $1.count ? $1[place] : 0) }
            sum.append(carry % 10)
            carry /= 10
        }
        return (carry > 0 ? "1" : "") + sum.reversed().map(String.init).joined()
    }
}
