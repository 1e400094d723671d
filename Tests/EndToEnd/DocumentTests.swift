import TapTesting
import Testing

/// The documents: all are found from the map, and what they point at is there.
@Suite(.timeLimit(.minutes(2)))
struct DocumentTests {
    private static let root = String(#filePath.dropLast("/Tests/EndToEnd/DocumentTests.swift".count))

    /// The Markdown files of a folder and those in it.
    private func documents(_ folders: String...) async throws -> [String] {
        let words = folders + ["-name", "*.md", "-not", "-path", "*/.build/*"]
        return try await Program.run("find", words, in: Self.root).output.split(separator: "\n").map(String.init)
            .sorted()
    }

    /// The files that a document points at, from the root of the package.
    private func targets(_ document: String) async throws -> [String] {
        let text = try await Program.run("cat", [document], in: Self.root).output
        let folder = document.split(separator: "/").dropLast()
        return text.matches(of: /\]\(([^)#:\s]+)(#[^)\s]*)?\)/).map { match in
            match.output.1.split(separator: "/").reduce(into: folder.map { $0 }) { path, part in
                if part == ".." { path = path.dropLast() } else { path.append(part) }
            }.joined(separator: "/")
        }
    }

    @Test func everyPageIsOnTheMap() async throws {
        let onTheMap = Set(try await targets("docs/README.md"))
        let pages = try await documents("docs").filter { $0 != "docs/README.md" }
        #expect(pages.count > 20)
        for page in pages { #expect(onTheMap.contains(page), "docs/README.md says nothing of \(page)") }
    }

    @Test func whatDocumentsPointAtIsThere() async throws {
        for document in try await documents("docs", "samples", "README.md", "CONTRIBUTING.md", "CHANGELOG.md") {
            for target in try await targets(document) {
                let found = try await Program.run("test", ["-e", target], in: Self.root).status
                #expect(found == 0, "\(document) points at \(target)")
            }
        }
    }
}
