import Glibc
import TapData
import TapTesting
import Testing

/// Kinds from elsewhere that are wrong, or not there.
@Suite(.serialized, .timeLimit(.minutes(5)))
struct KindFolderTests {
    private let bench: Bench
    private let bare: Bench
    private let broken: TemporaryFolder

    init() throws {
        broken = try TemporaryFolder()
        bench = try Bench(environment: ["TAPROOM_KINDS": "\(ForeignKinds.samples):\(broken.path)"])
        bare = try Bench(environment: ["TAPROOM_KINDS": ""])
        try broken.write("taproom-kind: 1\nword: broken\nsummary: Breaks.\nprogramm: x\n", to: "broken.yaml")
        try broken.write("taproom-kind: 1\nword: web\n", to: "web.yaml")
    }

    @Test func theListShowsWhereKindsComeFromAndWhichCannotBeUsed() async throws {
        let list = try await bench.json("mktap", "--list")
        let origins = list["kinds"]?.array?.map { $0["origin"]?.string ?? "" }
        #expect(origins == ["built in", ForeignKinds.samples + "/counter.yaml"])
        #expect(list["kinds", "1", "package"] == .string("taproom-kind-counter"))
        #expect(list["failures", "0", "manifest"] == .string(broken["broken.yaml"]))
        #expect(
            list["failures", "0", "problems", "0"]
                == .string("\(broken["broken.yaml"]):4:1: programm is not known here. Did you mean \"program\"?"))
        let text = try await bench.done("mktap", "--list")
        #expect(text.contains("  web      Serves"))
        #expect(text.contains("\nThese can't be used:\n  \(broken["broken.yaml"]):4:1: programm"))
        #expect(text.contains("  \(broken["web.yaml"]): the word \"web\" is that of a kind that is built in\n"))
    }

    @Test func aKindThatCannotBeUsedIsToldWhenItIsWanted() async throws {
        let outcome = try await bench.run("mktap", "broken")
        #expect(outcome.status == 78)
        #expect(outcome.errors.hasPrefix("mktap: the kind \"broken\" can't be used: \(broken["broken.yaml"]):4:1: "))
        // And is in nobody else's way.
        try await bench.done("mktap", "counter")
        try await bench.done("mktap", "web")
    }

    @Test func aTapWhoseKindIsMissingSaysWhatBringsIt() async throws {
        try await bench.done("mktap", "counter", "--listen", "tcp:0:interface=127.0.0.1")
        let path = bench.folder["counter.tap"]
        let refused = try await bare.run("tapd", "-f", path)
        #expect(refused.status == 78)
        #expect(
            refused.errors.hasPrefix(
                "tapd: service \"counter\": no kind is called \"counter\". Allowed: web. The package taproom-kind-counter brings it: apt install taproom-kind-counter. "
            ), "\(refused.errors)")
        let findings = try await bare.run("tapctl", "verify", path)
        #expect((findings.output + findings.errors).contains("the package taproom-kind-counter brings it"))
        let served = try await bare.serve("-f", path, "--quarantine")
        _ = try await served.stop()
        let again = try await bench.serve("-f", "counter.tap")
        #expect(try await ForeignKinds.line(again.port) == "Your number is 1")
        _ = try await again.stop()
    }

    @Test func aServiceThatIsAddedIsRememberedToo() async throws {
        try await bench.done("mktap", "web", "--listen", "tcp:0:interface=127.0.0.1")
        try await bench.done("mktap", "--append", "web.tap", "counter", "--listen", "tcp:0:interface=127.0.0.1")
        let refused = try await bare.run("tapd", "-f", bench.folder["web.tap"])
        #expect(refused.errors.contains("The package taproom-kind-counter brings it"))
    }

    @Test func aPackageDependsOnWhatBringsItsKinds() async throws {
        try await bench.done("mktap", "counter")
        try await bench.done("tap2deb", "-t", "counter.tap", "-m", "Ada <ada@example.com>")
        let depends = try await Program.run(
            "sh", ["-c", "dpkg-deb -f .build/*.deb Depends"], in: bench.folder.path)
        #expect(depends.output.contains("taproom-kind-counter"))
        let image = try await bench.run("tap2oci", "-t", "counter.tap", "-m", "Ada <ada@example.com>")
        #expect(image.status == 64)
    }
}
