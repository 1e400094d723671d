import TapData
import TapTesting
import Testing

/// One source for schema, help and documentation, as the tools show it.
@Suite(.serialized, .timeLimit(.minutes(5)))
struct SchemaTests {
    private let bench: Bench

    init() throws { bench = try Bench() }

    @Test func helpAndSchemaSayTheSame() async throws {
        let schema = try JSONReader.read(try await bench.done("tapctl", "schema", "web")).datum
        let help = try await bench.done("mktap", "web", "--help").split { " \n".contains($0) }.joined(separator: " ")
        let properties = try #require(schema.object?["properties"]?.object)
        for key in ["static", "index", "listing", "dotfiles", "symlinks", "defaultType"] {
            let description = try #require(properties[key]?.object?["description"]?.string)
            // The schema adds how a path is written.
            let meaning = description.split(separator: " A path:").first ?? ""
            #expect(help.contains(meaning), "\(key)")
        }
    }

    @Test func aSampleHasASchemaWithoutSayingAnything() async throws {
        let bench = try Bench(program: "fibonacci")
        let schema = try JSONReader.read(try await bench.done("tapctl", "schema", "fibonacci")).datum
        let listen = schema.object?["properties"]?.object?["listen"]?.object
        #expect(listen?["default"] == .string("tcp:1123"))
        #expect(listen?["description"]?.string?.hasPrefix("An endpoint: tcp:PORT") == true)
    }

    @Test func theWholeSchemaKnowsAllKinds() async throws {
        let schema = try JSONReader.read(try await bench.done("tapctl", "schema")).datum
        #expect(schema.object?["$defs"]?.object?["kind-web"] != nil)
        #expect(schema.object?["$schema"] == .string("https://json-schema.org/draft/2020-12/schema"))
    }

    @Test(
        arguments: [
            (
                ["schema", "wbe"], 78,
                "tapctl: no kind is called \"wbe\". Did you mean \"web\"? mktap --list names the kinds of this program.\n"
            ),
            (
                ["schema", "--markdown"], 64,
                "tapctl: --markdown shows one kind: name it. See 'tapctl schema --help'.\n"
            ),
        ] as [([String], Int32, String)])
    func refusesWhatIsNoKind(_ words: [String], _ status: Int32, _ error: String) async throws {
        let outcome = try await Program.run("\(Bench.programs)/tapctl", words, in: bench.folder.path)
        #expect(outcome.status == status)
        #expect(outcome.errors == error)
    }
}
