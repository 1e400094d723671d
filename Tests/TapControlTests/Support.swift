import TapControl
import TapData
import TapFile
import TapTesting
import Taproom

let ada = Authorship(author: "ada", origin: "test")
let kinds = KindList([Greeter.self])

func greeter(_ name: String, _ greeting: String = "Hello") -> ServiceDefinition {
    ServiceDefinition(
        name: name, kind: "greeter", settings: ["listen": .string("tcp:7000"), "greeting": .string(greeting)])
}

/// Runs a body with an application at rest, of one service: its revisions are 1, with `Hello`, and 2, with `Bye`.
func withApplication(_ body: (RestingApplication, String) async throws -> Void) async throws {
    try await withTemporaryFolder { folder in
        let path = folder + "/site.tap"
        try Tap.make(path, Application(name: "site", user: "ada", services: [greeter("web")]), by: ada)
        let tap = try Tap(opening: path, for: .writing)
        try tap.commit {
            try tap.setState(StateAddress(service: 1, cell: "count"), StoredValue(version: 1, bytes: [0x07]))
            _ = try tap.store(Application(name: "site", user: "ada", services: [greeter("web", "Bye")]))
            try tap.addRevision(.change, by: ada)
        }
        try tap.close()
        try await body(RestingApplication(path: path, kinds: kinds), path)
    }
}
