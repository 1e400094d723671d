import TapTesting
import Testing

/// Completion scripts: what the shells make of them.
@Suite(.timeLimit(.minutes(2)))
struct CompletionTests {
    private let bench: Bench

    init() throws { bench = try Bench() }

    private func script(_ tool: String, _ shell: String) async throws -> String {
        let outcome = try await bench.run(tool, "--generate-completion-script", shell)
        #expect(outcome.status == 0)
        return outcome.output
    }

    @Test(arguments: ["mktap", "tapd", "tapctl", "tap2deb", "tap2oci"])
    func scriptsAreScriptsAndNothingElse(tool: String) async throws {
        for shell in ["bash", "zsh", "fish"] {
            // The list of kinds is a part of the help, and would be commands here.
            #expect(try await !script(tool, shell).contains("KINDS:"))
        }
        try await bench.folder.write(script(tool, "bash"), to: "completion.bash")
        let checked = try await Program.run("bash", ["-c", "set -e; source ./completion.bash"], in: bench.folder.path)
        #expect(checked.status == 0 && checked.output.isEmpty && checked.errors.isEmpty, "\(checked.errors)")
    }

    @Test func theShellKnowsKindsAlsoThoseFromElsewhere() async throws {
        try await bench.folder.write(script("mktap", "bash"), to: "completion.bash")
        let words = """
            source ./completion.bash
            COMP_WORDS=(mktap "$1") COMP_CWORD=1 COMP_LINE="mktap $1" COMP_POINT=$((6 + ${#1}))
            _mktap mktap "$1" mktap
            printf '%s\\n' "${COMPREPLY[@]}" | sort -u | tr '\\n' ' '
            """
        func completed(_ word: String) async throws -> String {
            try await Program.run(
                "bash", ["-c", words, "bash", word], in: bench.folder.path,
                environment: ["TAPROOM_KINDS": ForeignKinds.samples, "PATH": "\(Bench.programs):/usr/bin:/bin"]
            ).output
        }
        #expect(try await completed("") == "counter group inetd portforward procmon socks telnet web ")
        #expect(try await completed("po") == "portforward ")
    }
}
