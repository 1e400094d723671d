import ArgumentParser
import TapConfig
import TapControl
import TapData
import Taproom

extension Tapctl {
    struct Add: ChangingVerb {
        static let configuration = CommandConfiguration(
            abstract: "Add a service, with the options that mktap takes for its kind.",
            usage: "tapctl add [TAP] [--name NAME] [--group GROUP] KIND [options of KIND]",
            discussion: "tapctl add --name NAME group adds an empty group; --group NAME puts services into it.")
        @OptionGroup var place: Place
        @Option(name: .long, help: "What it is called. Default: the word of its kind, with a number if that is taken.")
        var name: String?
        @Option(name: .long, help: "The group it is added to. Default: the application.")
        var group: String?
        @Option(name: .shortAndLong, help: "A remark for the history.")
        var comment: String?
        @Argument(
            parsing: .captureForPassthrough,
            help: ArgumentHelp("The kind of service, and its options.", valueName: "kind"))
        var kind: [String] = []

        /// The command line with what belongs to `tapctl add` itself in front.
        static func ordered(_ words: [String]) -> [String] {
            guard words.first == "add" else { return words }
            // What is handed on to the kind would swallow it.
            if words.count == 2, ["--help", "-h"].contains(words[1]) { return ["help", "add"] }
            return ["add"]
                + Array(words.dropFirst()).movingToFront(
                    options: ["--name", "--group", "--comment", "-c", "--control", "--passphrase-file"],
                    flags: ["--json"])
        }

        func request(_ invocation: Invocation) throws -> (tap: String, request: ChangeRequest) {
            let (tap, words) = try place.resolve(kind, atMost: .max, invocation)
            var service = Description.datumWithoutName(of: try KindCommand(words, invocation).service())
            if let name { service.set(["name"], .string(name)) }
            return (tap, ChangeRequest([.add(service, group: group)]))
        }
    }
}
