import TapTesting
import Testing

/// The manual pages of the tools, as man shows them.
@Suite(.timeLimit(.minutes(3)))
struct ManualPageTests {
    @Test(arguments: ["mktap", "tapd", "tapctl", "tap2deb", "tap2rpm", "tap2oci"])
    func manShowsThePageOfAToolWithoutWarnings(tool: String) async throws {
        let bench = try Bench()
        try bench.folder.write(try await bench.done(tool, "--generate-man-page"), to: "page.1")
        let shown = try await Program.run(
            "man", ["--warnings", "-l", "page.1"], in: bench.folder.path,
            environment: ["MANWIDTH": "100", "MANPAGER": "cat", "LC_ALL": "C.UTF-8"])
        #expect(shown.status == 0)
        #expect(shown.errors == "")
        for section in ["NAME", "SYNOPSIS", "DESCRIPTION"] { #expect(shown.output.contains(section)) }
        #expect(shown.output.contains(tool))
    }
}
