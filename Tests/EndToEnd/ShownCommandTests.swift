import TapTesting
import Testing

/// What documents show is tried: commands by a tour or by a script, descriptions by mktap.
@Suite(.timeLimit(.minutes(5)))
struct ShownCommandTests {
    /// A document of the repository.
    private struct Page {
        var path: String
        var document: Document
    }

    private func pages() async throws -> [Page] {
        let words = ["docs", "samples", "README.md", "CONTRIBUTING.md", "-name", "*.md", "-not", "-path", "*/.build/*"]
        var pages: [Page] = []
        for path in try await Program.run("find", words, in: Document.root).output.split(separator: "\n") {
            pages.append(Page(path: String(path), document: try await Document(String(path))))
        }
        return pages
    }

    /// Whether a line begins with a command of ours, or with one that talks to what we run.
    private func isCommand(_ line: Substring) -> Bool {
        line.contains(#/^([$#] )?(\S+ )?(mktap|tapd|tapctl|tap2deb|tap2rpm|tap2oci|curl) /#)
            && !line.contains(#/^([$#] )?[^ ]*[:="{]/#) && !line.hasPrefix("//")
    }

    @Test func everyCommandThatIsShownIsPlayed() async throws {
        let played = Set(Tour.pages.map { "\($0).md" })
        let pages = try await pages()
        #expect(pages.count > 35)
        for page in pages {
            for block in page.document.blocks where block.mark != "swift" {
                if block.mark == "console" {
                    #expect(played.contains(page.path), "\(page.path) has commands; add it to Tour.pages")
                } else if !block.mark.hasPrefix("sh tools/") {
                    let commands = block.lines.filter(isCommand)
                    #expect(commands.isEmpty, "\(page.path): nothing plays: \(commands.joined(separator: " | "))")
                }
            }
        }
    }

    @Test func whatAScriptIsSaidToRunItRuns() async throws {
        var count = 0
        for page in try await pages() {
            for block in page.document.blocks where block.mark.hasPrefix("sh tools/") {
                let script = String(block.mark.dropFirst("sh ".count))
                let lines = try await Program.run("cat", [script], in: Document.root).output
                    .replacing("\"", with: "").replacing("'", with: "").replacing("run_rpm", with: "rpm")
                    .replacing("$package", with: "taproom-web").replacing("$programs/", with: ".build/debug/")
                    .replacing("$copy/", with: "").replacing("$copy", with: "~/hello").split(separator: "\n")
                for line in block.lines where !line.hasPrefix("#") {
                    for command in line.split(separator: " && ") {
                        count += 1
                        #expect(lines.contains { runs(command, in: $0) }, "\(page.path): \(script) runs no \(command)")
                    }
                }
            }
        }
        #expect(count >= 8)
    }

    /// Whether a line of a script has all words of a command, in their order.
    private func runs(_ command: Substring, in line: Substring) -> Bool {
        var rest = line.split { " ;()&".contains($0) }[...]
        return command.split { " \"'".contains($0) }.allSatisfy { word in
            guard let place = rest.firstIndex(of: word) else { return false }
            rest = rest[(place + 1)...]
            return true
        }
    }

    @Test func everyDescriptionThatIsShownIsTaken() async throws {
        var count = 0
        for page in try await pages() {
            for (number, block) in page.document.blocks.enumerated() {
                if block.mark != "yaml" {
                    let isDescription = ["taproom: 1", "services:"].contains {
                        block.lines.first?.hasPrefix($0) == true
                    }
                    #expect(!isDescription || !block.mark.isEmpty, "\(page.path): mark this description with yaml")
                    continue
                }
                count += 1
                let bench = try Bench()
                try bench.folder.write("taproom: 1\nname: seed\nservices: [{name: web, kind: web}]\n", to: "seed.yaml")
                try bench.folder.write(description(block), to: "page.yaml")
                let outcome = try await bench.run("mktap", "--from", "page.yaml")
                #expect(outcome.status == 0, "\(page.path), block \(number + 1): \(outcome.errors)")
            }
        }
        #expect(count >= 15)
    }

    /// A whole description of a block that shows one, a part of one, or settings of a web service.
    private func description(_ block: Document.Block) -> String {
        var lines = block.lines.map { $0.hasPrefix("extends: ") ? "extends: seed.yaml" : String($0) }
        let keys = Set(lines.compactMap { $0.split(separator: ":").first.map(String.init) })
        if !keys.contains("services"), !keys.contains("taproom") {
            lines = ["services:", "- kind: web"] + lines.map { "  " + $0 }
        } else if !keys.contains("services") {
            lines.append("services: []")
        }
        if !keys.contains("taproom") { lines.insert("taproom: 1", at: 0) }
        return lines.joined(separator: "\n") + "\n"
    }
}
