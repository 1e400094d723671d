// A chat room in a complete program: guests say who they are, and see what was said last, also after kill -9.
import ArgumentParser
import ServiceLifecycle
import TapCommands
import TapNetwork
import Taproom

@main
struct ChatProgram: TapProgram {
    static let kinds: [any ServiceKind.Type] = [Chat.self]
}

struct Chat: ServiceKind {
    static let word = "chat"
    static let summary = "A room where everybody reads what everybody writes."

    struct Settings: ServiceSettings {
        var listen: OneOrMore<Endpoint> = [.tcp(port: 7777)]
        var endpoints: [Endpoint] { listen.elements }
    }

    struct Options: ServiceOptions {
        @OptionGroup var listening: ListenOptions

        func settings() throws -> Settings { Settings(listen: try listening.endpoints(default: Settings().listen)) }
    }

    static let messages = Table("messages", of: String.self, by: Int.self, durability: .always)
    static let last = Cell("last", initial: 0, durability: .always)
    static let visits = Table("visits", of: Int.self, by: String.self, durability: .everySecond)
    static let state: [any StateDeclaration] = [messages, last, visits]

    static func makeService(settings: Settings, context: ServiceContext) async throws -> any Service {
        let (messages, visits) = (context.open(Self.messages), context.open(Self.visits))
        let last = try await context.open(Self.last)
        let news = Broadcast<(number: Int, author: String, text: String)>()
        return ConnectionServer(context) { guest in
            try await guest.write("Who are you?\n")
            var lines = guest.lines(longest: 1000).makeAsyncIterator()
            guard let name = try await lines.next(), !name.isEmpty else { return }
            let isKnown = try await visits.value(for: name) != nil
            try await visits.update(name) { $0 = ($0 ?? 0) + 1 }
            let (fresh, seen) = (news.listen(), last.value)
            try await guest.write("Welcome\(isKnown ? " back" : ""), \(name).\n")
            for try await (_, text) in messages.rows(in: (seen - 9)...seen) { try await guest.write("\(text)\n") }
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                tasks.addTask {
                    for await (number, author, text) in fresh where number > seen && author != name {
                        try await guest.write("\(text)\n")
                    }
                }
                while let line = try await lines.next() {
                    let text = "\(name): \(line)"
                    let number = try await context.transaction { change in
                        let number = try change.update(last) {
                            $0 += 1; return $0
                        }
                        change.set(text, for: number, in: messages)
                        return number
                    }
                    // It is on disk before anybody reads it.
                    news.tell((number, name, text))
                }
                tasks.cancelAll()
            }
        }
    }
}
