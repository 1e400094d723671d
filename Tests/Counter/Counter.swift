// A program with a kind of two versions, for the tests of upgrades: which of them it is stands in the file `version`
// beside it, and so it is installed anew without being built twice.
import ArgumentParser
import Glibc
import ServiceLifecycle
import TapCommands
import TapNetwork
import Taproom

@main
struct CounterProgram: TapProgram {
    static let kinds: [any ServiceKind.Type] = installed.first == "1" ? [Counter.self] : [NewCounter.self]

    /// The version, and what is wrong with it.
    static let installed: [Substring] = {
        // Not what it was called: that can be anything.
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let length = readlink("/proc/self/exe", &buffer, buffer.count)
        let program = String(decoding: buffer[..<max(length, 0)].map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let folder = program[..<(program.lastIndex(of: "/") ?? program.startIndex)]
        guard let file = fopen("\(folder)/version", "r") else { return ["1"] }
        defer { fclose(file) }
        var text = [UInt8](repeating: 0, count: 100)
        let count = fread(&text, 1, text.count, file)
        return String(decoding: text[..<count], as: UTF8.self).split { " \n".contains($0) }
    }()

    /// Whether this version has a defect.
    static func has(_ defect: String) -> Bool { installed.contains { $0 == defect } }
}

/// Gives each client a word and the next number.
struct Counter: ServiceKind {
    static let word = "counter"
    static let summary = "Gives each client a number."

    struct Settings: ServiceSettings {
        var listen: OneOrMore<Endpoint> = [.tcp(port: 1123)]
        var word = "number"
        var endpoints: [Endpoint] { listen.elements }
    }

    struct Options: ServiceOptions {
        @OptionGroup var listening: ListenOptions

        func settings() throws -> Settings { Settings(listen: try listening.endpoints(default: Settings().listen)) }
    }

    static let given = Cell("given", initial: 0, durability: .always)
    static let state: [any StateDeclaration] = [given]

    static func makeService(settings: Settings, context: ServiceContext) async throws -> any Service {
        let given = try await context.open(Self.given)
        return ConnectionServer(context) { client in
            // The number is on disk as given before the client sees it.
            let number = try await given.update { number in
                number += 1
                return number
            }
            try await client.write("\(settings.word) \(number)\n")
        }
    }
}

/// The next version: another key for the word, and another form of what is remembered.
struct NewCounter: ServiceKind {
    static let word = Counter.word
    static let summary = Counter.summary

    struct Settings: ServiceSettings {
        var listen = Counter.Settings().listen
        var prefix = "number"
        var endpoints: [Endpoint] { listen.elements }
    }

    static let settingsMigration = Migration(from: Counter.Settings.self).to(Settings.self) { old in
        if CounterProgram.has("bad-settings") { throw Defect("the word can't be understood any more") }
        return Settings(listen: old.listen, prefix: old.word)
    }

    struct Options: ServiceOptions {
        @OptionGroup var listening: ListenOptions

        func settings() throws -> Settings { Settings(listen: try listening.endpoints(default: Settings().listen)) }
    }

    struct Given: Codable {
        var count = 0
    }

    static let given = Cell(
        "given", initial: Given(), durability: .always,
        migration: Migration(from: Int.self).to(Given.self) { old in
            if CounterProgram.has("bad-state") { throw Defect("the number can't be understood any more") }
            return Given(count: old)
        })
    static let state: [any StateDeclaration] = [given]

    static func makeService(settings: Settings, context: ServiceContext) async throws -> any Service {
        let given = try await context.open(Self.given)
        if CounterProgram.has("bad-service") { throw Defect("it will not") }
        if CounterProgram.has("crash") { abort() }
        return ConnectionServer(context) { client in
            let number = try await given.update { given in
                given.count += 1
                return given.count
            }
            try await client.write("\(settings.prefix): \(number)\n")
        }
    }
}

/// What is wrong with a version.
struct Defect: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
