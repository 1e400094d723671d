import ArgumentParser
import Taproom

/// The kinds of a program, as `mktap --list` shows them: where each comes from, and which can't be used.
struct KindListing: Encodable {
    private struct Kind: Encodable {
        var word: String
        var summary: String
        /// `built in`, or the path of a manifest.
        var origin: String
        var version: String?
        var package: String?
    }

    private struct Failure: Encodable {
        var manifest: String
        var problems: [String]
    }

    private var kinds: [Kind] = []
    private var failures: [Failure] = []

    /// What can be typed for a kind: the shell asks when it is needed, so that kinds from elsewhere are among them.
    static let words = CompletionKind.shellCommand("mktap --list | awk 'NF == 0 { exit } { print $1 }'")

    init(_ list: KindList) {
        for kind in list.all {
            switch kind.origin {
            case .builtIn: kinds.append(Kind(word: kind.word, summary: kind.summary, origin: "built in"))
            case .manifest(let origin):
                kinds.append(
                    Kind(
                        word: kind.word, summary: kind.summary, origin: origin.path, version: origin.version,
                        package: origin.package))
            }
        }
        failures = list.failures.map { Failure(manifest: $0.manifest, problems: $0.problems) }
    }

    /// The list for people.
    var text: String {
        let known = TextTable.text(kinds.map { [$0.word, $0.summary, $0.origin] }, indent: "  ")
        guard !failures.isEmpty else { return known }
        return known + "\nThese can't be used:\n" + failures.flatMap(\.problems).map { "  \($0)\n" }.joined()
    }
}
