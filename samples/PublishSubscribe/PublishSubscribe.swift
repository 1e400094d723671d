// Publish and subscribe in a complete program: the last message of each topic is kept for those who come later.
import ArgumentParser
import ServiceLifecycle
import TapCommands
import TapNetwork
import Taproom

@main
struct PublishSubscribeProgram: TapProgram {
    static let kinds: [any ServiceKind.Type] = [PublishSubscribe.self]
}

struct PublishSubscribe: ServiceKind {
    static let word = "pubsub"
    static let summary = "Tells subscribers of topics what is published there."

    struct Settings: ServiceSettings {
        var listen: OneOrMore<Endpoint> = [.tcp(port: 7780)]
        var endpoints: [Endpoint] { listen.elements }
    }

    struct Options: ServiceOptions {
        @OptionGroup var listening: ListenOptions

        func settings() throws -> Settings { Settings(listen: try listening.endpoints(default: Settings().listen)) }
    }

    static let newest = Table("newest", of: String.self, by: String.self, durability: .always)
    static let state: [any StateDeclaration] = [newest]

    static func makeService(settings: Settings, context: ServiceContext) async throws -> any Service {
        let newest = context.open(Self.newest)
        let news = Broadcast<(topic: String, text: String)>()
        return ConnectionServer(context) { client in
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                defer { tasks.cancelAll() }
                for try await line in client.lines() {
                    let words = line.split(separator: " ", maxSplits: 2).map(String.init)
                    switch (words.first, words.count) {
                    case ("PUBLISH", 3):
                        try await newest.set(words[2], for: words[1])
                        news.tell((words[1], words[2]))
                        try await client.write("OK\n")
                    case ("SUBSCRIBE", 2):
                        let (topic, fresh) = (words[1], news.listen())
                        if let text = try await newest.value(for: topic) {
                            try await client.write("\(topic) \(text)\n")
                        }
                        tasks.addTask {
                            for await piece in fresh where piece.topic == topic {
                                try await client.write("\(topic) \(piece.text)\n")
                            }
                        }
                    default: try await client.write("ERROR Say PUBLISH TOPIC TEXT or SUBSCRIBE TOPIC.\n")
                    }
                }
            }
        }
    }
}
