import ArgumentParser
import ServiceLifecycle
import TapNetwork
import TapTesting
import Taproom
import Testing

/// Greets, in a way that depends on the test.
private struct Host<Way: HostWay>: ServiceKind {
    struct Settings: ServiceSettings {
        var listen: OneOrMore<Endpoint> = [.tcp(port: 4000)]
        var greeting = "hello"
        var endpoints: [Endpoint] { listen.elements }
        static var fields: [SettingField<Settings>] {
            [SettingField("listen", "Where to listen.")] + Way.keys.map { SettingField($0, "What guests hear.") }
        }
    }

    struct Options: ServiceOptions {
        func settings() throws -> Host<Way>.Settings { Host<Way>.Settings() }
    }

    static var word: String { "host" }
    static var summary: String { "Greets." }
    static var guests: Cell<Int, Always> { Cell("guests", initial: 0, durability: .always) }
    static var state: [any StateDeclaration] { Way.isForgetful ? [] : [guests] }
    static func canReconfigure(from old: Settings, to new: Settings) -> Bool { Way.changes != nil }

    static func makeService(settings: Settings, context: ServiceContext) async throws -> any Service {
        let guests = try await context.open(guests)
        try await guests.update { $0 += 1 }
        if guests.value > Way.starts { throw CancellationError() }
        let server = ConnectionServer(context) { guest in try await guest.write(settings.greeting) }
        return Way.changes == true ? Changing<Settings>(server: server) : server
    }
}

/// A service that takes other settings, and does nothing with them.
private struct Changing<Settings: ServiceSettings>: ReconfigurableService {
    let server: ConnectionServer
    func run() async throws { try await server.run() }
    func reconfiguration(to settings: Settings) async throws -> @Sendable () -> Void { {} }
}

private protocol HostWay: Sendable {
    static var keys: [String] { get }
    static var isForgetful: Bool { get }
    static var starts: Int { get }
    /// Whether it can change; nil: it does not say so.
    static var changes: Bool? { get }
}

extension HostWay {
    static var keys: [String] { ["greeting"] }
    static var isForgetful: Bool { false }
    static var starts: Int { 100 }
    static var changes: Bool? { nil }
}

/// What the suite finds in kinds that run, and what not.
@Suite(.timeLimit(.minutes(1))) struct KindConformanceTests {
    private enum Good: HostWay {}
    private enum Live: HostWay { static let changes: Bool? = true }
    private enum Boastful: HostWay { static let changes: Bool? = false }
    private enum Forgetful: HostWay { static let isForgetful = true }
    private enum Once: HostWay { static let starts = 1 }
    private enum Talkative: HostWay { static let keys = ["greeting", "greting"] }

    private func problems<Way: HostWay>(_ way: Way.Type) async -> String {
        var settings = Host<Way>.Settings()
        settings.greeting = "good day"
        do {
            try KindConformance.check(Host<Way>.self, samples: [settings])
            try await KindConformance.checkRunning(Host<Way>.self, changes: [settings, Host<Way>.Settings()])
            return ""
        } catch { return "\(error)".split(separator: "\n").dropFirst().joined(separator: "\n") }
    }

    @Test func acceptsKindsThatStartAnewOrChangeWhileTheyRun() async {
        #expect(await problems(Good.self) == "")
        #expect(await problems(Live.self) == "")
    }

    @Test func findsAChangeThatIsPromisedOnly() async {
        let text = "canReconfigure says that it can change while it runs, and its service is no ReconfigurableService"
        #expect(await problems(Boastful.self) == text + "\n" + text)
    }

    @Test func findsStateThatIsNotDeclared() async {
        #expect(await problems(Forgetful.self) == "\"guests\" is remembered and not declared: it belongs into `state`")
    }

    @Test func findsAServiceThatDoesNotStartAgain() async {
        #expect(
            await problems(Once.self) == """
                a start with what it remembers fails: CancellationError()
                a start with other settings fails: CancellationError()
                a start with other settings fails: CancellationError()
                """)
    }

    @Test func findsFieldsOfKeysThatAreNotThere() async {
        #expect(await problems(Talkative.self) == "the field \"greting\" is about no key of the settings")
    }
}
