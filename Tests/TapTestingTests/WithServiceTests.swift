import ArgumentParser
import ServiceLifecycle
import TapNetwork
import TapTesting
import Taproom
import Testing

/// Says how many connections it has had, also those before it was stopped.
private struct Counting: ServiceKind {
    struct Settings: ServiceSettings {
        var listen: OneOrMore<Endpoint> = [.tcp(port: 4000)]
        var greeting = "hello"
        var endpoints: [Endpoint] { listen.elements }
    }

    struct Options: ServiceOptions {
        func settings() throws -> Counting.Settings { Counting.Settings() }
    }

    static let word = "counting"
    static let summary = "Counts its connections."
    static let count = Cell("count", initial: 0, durability: .always)
    static let hasStopped = Cell("stopped", initial: false, durability: .snapshot)
    static var state: [any StateDeclaration] { [count, hasStopped] }

    static func makeService(settings: Settings, context: ServiceContext) async throws -> any Service {
        let count = try await context.open(count)
        let hasStopped = try await context.open(hasStopped)
        return ConnectionServer(context) { connection in
            let number = try await count.update { count in
                count += 1
                return count
            }
            hasStopped.update { $0 = true }
            try await connection.write("\(settings.greeting) \(number)\n")
        }
    }
}

/// Breaks most rules.
private struct Careless: ServiceKind {
    struct Settings: ServiceSettings { var name = "x" }
    struct Options: ServiceOptions {
        @Option var uid = ""
        func settings() throws -> Careless.Settings { Careless.Settings() }
    }

    static let word = "Not a word"
    static let summary = "no sentence"
    static func makeService(settings: Settings, context: ServiceContext) async throws -> any Service {
        throw CancellationError()
    }
}

@Suite(.timeLimit(.minutes(1)))
struct WithServiceTests {
    @Test func passesTheAddress() async throws {
        let text = try await withService(Counting.self) { service in
            try await service.connect().receive(through: "\n")
        }
        #expect(text == "hello 1\n")
    }

    @Test func startsAgainOnTheSameState() async throws {
        let state = TestState()
        for expected in 1...3 {
            try await withService(Counting.self, state: state) { service in
                let text = try await service.connect().receive(through: "\n")
                #expect(text == "hello \(expected)\n")
            }
        }
        #expect(try await state.value(Counting.count) == 3)
        #expect(try await state.value(Counting.hasStopped))
    }

    @Test func servesUnixSockets() async throws {
        let folder = try TemporaryFolder()
        var settings = Counting.Settings()
        settings.listen = [Endpoint(.unix(path: folder["socket"], mode: nil)), .tcp(port: 0)]
        try await withService(Counting.self, settings: settings) { service in
            #expect(service.addresses.first == .unix(path: folder["socket"]))
            let text = try await service.connect(to: 0).receive(through: "\n")
            #expect(text == "hello 1\n")
            let other = try await service.connect(to: 1).receive(through: "\n")
            #expect(other == "hello 2\n")
        }
    }

    @Test func passesOnWhatTheTestThrows() async throws {
        struct Failure: Error {}
        await #expect(throws: Failure.self) { try await withService(Counting.self) { _ in throw Failure() } }
    }

    @Test func passesOnWhatMakingTheServiceThrows() async throws {
        await #expect(throws: CancellationError.self) { try await withService(Careless.self) { _ in } }
    }

    @Test func acceptsAGoodKind() throws { try KindConformance.check(Counting.self) }

    @Test func namesEverythingThatIsWrongWithAKind() throws {
        let failure = #expect(throws: TestFailure.self) { try KindConformance.check(Careless.self) }
        let text = failure?.description ?? ""
        for part in ["the word \"Not a word\"", "must be one sentence", "the key \"name\"", "the option --uid"] {
            #expect(text.contains(part))
        }
    }
}
