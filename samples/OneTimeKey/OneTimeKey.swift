// One-time keys in a complete program: each key is handed out once and never again, whatever happens to the program.
import ArgumentParser
import ServiceLifecycle
import TapCommands
import TapNetwork
import Taproom

@main
struct OneTimeKeyProgram: TapProgram {
    static let kinds: [any ServiceKind.Type] = [OneTimeKey.self]
}

struct OneTimeKey: ServiceKind {
    static let word = "onetimekey"
    static let summary = "Hands each of the keys it was given out once."

    struct Settings: ServiceSettings {
        var listen: OneOrMore<Endpoint> = [.tcp(port: 7790)]
        var endpoints: [Endpoint] { listen.elements }
    }

    struct Options: ServiceOptions {
        @OptionGroup var listening: ListenOptions

        func settings() throws -> Settings { Settings(listen: try listening.endpoints(default: Settings().listen)) }
    }

    /// Each key that was ever added; false: it has been handed out.
    static let keys = Table("keys", of: Bool.self, by: String.self, durability: .always)
    /// Those that are left, in the order they came.
    static let left = Cell("left", initial: [String](), durability: .always)
    static let state: [any StateDeclaration] = [keys, left]

    static func makeService(settings: Settings, context: ServiceContext) async throws -> any Service {
        let (keys, left) = (context.open(Self.keys), try await context.open(Self.left))
        return ConnectionServer(context) { client in
            for try await line in client.lines() {
                let words = line.split(separator: " ").map(String.init)
                let answer = try await context.transaction { change in
                    switch (words.first, words.count) {
                    case ("ADD", 2):
                        let isNew = try change.update(words[1], in: keys) { known in
                            defer { known = known ?? true }
                            return known == nil
                        }
                        if isNew { try change.update(left) { $0.append(words[1]) } }
                        return isNew ? "ADDED" : "KNOWN"
                    case ("KEY", 1):
                        let key = try change.update(left) { $0.isEmpty ? nil : $0.removeFirst() }
                        guard let key else { return "NONE" }
                        change.set(false, for: key, in: keys)
                        return "KEY \(key)"
                    default: return "ERROR Say KEY, or ADD and a key."
                    }
                }
                // What is handed out is on disk as gone before the client sees it.
                try await client.write(answer + "\n")
            }
        }
    }
}
