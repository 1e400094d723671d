import TapControl
import TapFile
import Taproom

extension Tapctl.Export {
    /// Writes the state to the file that is named, or to standard output.
    func exportState(_ invocation: Invocation) throws -> ExitStatus {
        guard at == nil, into == nil else {
            throw UsageError(problem: "--state is what there is now, and goes with no --at and no --into", help: help)
        }
        try invocation.checkOutside("export --state")
        let (tap, arguments) = try target.resolve(atMost: 1, invocation)
        guard tap != target.control else {
            throw UsageError(problem: "name the tap too: its state is read from the file", help: help)
        }
        guard plain || !Tap.isSealed(tap) else { throw StateInTheClear(tap: tap) }
        let file = arguments.first.flatMap { $0 == "-" ? nil : $0 }
        guard let file else {
            guard !force else { throw UsageError(problem: "--force goes with a file", help: help) }
            // Whoever reads it may take as long as they like.
            let moment = try Connection.moment(
                of: tap, target.passphrase, control: target.control, isReadSlowly: true)
            try moment.writeState { try invocation.console.print(part: $0) }
            return .done
        }
        let moment = try Connection.moment(of: tap, target.passphrase, control: target.control)
        let count = try moment.writeState(toFile: file, replacing: force)
        return try target.report(
            ["values": count], "\(file): the state of \(tap), \(count == 1 ? "1 value" : "\(count) values")\n",
            invocation)
    }

    private var help: String { "export --help" }
}

/// An encrypted tap whose state would be written as everybody can read it.
private struct StateInTheClear: ReportableError {
    var tap: String
    var description: String { "\(tap): is encrypted, and the text of its state is not" }
    var advice: String? { "Use --plain to have it in the clear." }
    var exitStatus: ExitStatus { .usage }
}
