import TapTesting
import Taproom
import Testing

@testable import TapForeign

/// Manifests in folders: found by their word, and none in the way of another.
struct KindFoldersTests {
    private let first: TemporaryFolder
    private let second: TemporaryFolder
    private var kinds: KindList {
        KindList([Greeter.self], elsewhere: KindFolders([first.path, "/none", second.path]))
    }

    init() throws {
        (first, second) = (try TemporaryFolder(), try TemporaryFolder())
        for folder in [first, second] { try folder.writeProgram() }
    }

    @Test func aKindIsFoundByItsWord() throws {
        try second.write(head("sample"), to: "sample.yaml")
        let kind = try kinds.kind("sample")
        let origin = KindManifestOrigin(path: second["sample.yaml"], version: "0", package: "taproom-kind-sample")
        #expect(kind.origin == .manifest(origin))
        #expect(try kinds.kind("greeter").origin == .builtIn)
        #expect(kinds.words == ["greeter", "group", "sample"])
    }

    @Test func aKindIsFoundByAFormerWord() throws {
        try first.write(head("sample") + "formerly: [example]\n", to: "sample.yaml")
        #expect(try kinds.kind("example").word == "sample")
    }

    @Test func theEarlierFolderCounts() throws {
        for folder in [first, second] { try folder.write(head("sample"), to: "sample.yaml") }
        #expect(try kinds.kind("sample").origin.path == first["sample.yaml"])
        #expect(
            kinds.failures.flatMap(\.problems) == [
                "\(second["sample.yaml"]): \(first["sample.yaml"]) has the same word, and is in an earlier folder"
            ])
    }

    @Test func abadManifestHidesNoOther() throws {
        try first.write(head("sample"), to: "sample.yaml")
        try first.write("taproom-kind: 1\nword: [", to: "broken.yaml")
        try first.write("word: x", to: "notes.txt")
        try first.write(head("greeter"), to: "greeter.yaml")
        #expect(kinds.words == ["greeter", "group", "sample"])
        #expect(kinds.failures.map(\.manifest) == [first["broken.yaml"], first["greeter.yaml"]])
        #expect(kinds.failures[1].problems[0].hasSuffix("the word \"greeter\" is that of a kind that is built in"))
        let error = #expect(throws: UnknownKind.self) { try kinds.kind("broken") }
        #expect(error?.description.hasPrefix("the kind \"broken\" can't be used: \(first["broken.yaml"]):") == true)
    }

    @Test func aManifestThatEverybodyCanChangeIsRefused() throws {
        try first.write(head("sample"), to: "sample.yaml")
        try first.permitAll("sample.yaml")
        let error = #expect(throws: UnknownKind.self) { try kinds.kind("sample") }
        #expect(error?.failure?.problems.first?.hasSuffix("take that away with chmod o-w") == true)
    }

    @Test func whatWasReadStays() throws {
        try first.write(head("sample"), to: "sample.yaml")
        let kinds = kinds
        _ = try kinds.kind("sample")
        try first.write("nonsense", to: "sample.yaml")
        #expect(try kinds.kind("sample").word == "sample")
    }

    @Test(arguments: ["../sample", "a/b", "", "-x", ".", "Sample"]) func aWordIsNoPath(_ word: String) {
        #expect(!kinds.knows(word))
    }
}

extension KindOrigin {
    fileprivate var path: String? { if case .manifest(let origin) = self { origin.path } else { nil } }
}
