import Glibc
import Synchronization
import TapData
import TapTesting

/// Many writers change one running application, each only when nobody was faster.
package struct Races: Sendable {
    private let program: String

    /// Races with the tools that a program carries.
    package init(program: String) { self.program = program }

    /// A change that was acknowledged: made by someone who knew a revision.
    private struct Edit: Sendable {
        var comment: String
        var expected: Int
        var made: Int
    }

    /// Lets writers make so many changes each.
    ///
    /// A writer asks for a change of the revision it knows. When it is told that there is a newer one, it looks and asks
    /// again. Returns how many changes and conflicts there were, and what was lost.
    package func run(writers: Int, changes: Int) throws -> Findings {
        let folder = try Files.folder()
        let tap = folder["a.tap"]
        let made = try ChildProgram([
            program, "mktap", "--output", tap, "fibonacci", "--listen", "tcp:0:interface=127.0.0.1",
        ]).end()
        guard made.status == 0 else { throw TortureError("mktap ended with status \(made.status)") }
        let server = try ChildProgram([program, "tapd", "-f", tap])
        guard FibonacciServer.port(of: server) != nil else { throw TortureError("the server does not start") }
        let edits = Mutex<[Edit]>([])
        var findings = try Parallel.run(writers, jobs: writers) { writer in
            var findings = Findings()
            let client = try ControlClient(folder["a.sock"])
            for change in 0..<changes {
                let edit = try make("\(writer)/\(change)", client, &findings)
                edits.withLock { $0.append(edit) }
            }
            return findings
        }
        check(edits.withLock { $0 }, try ControlClient(folder["a.sock"]), &findings)
        kill(server.process, SIGTERM)
        let status = server.wait()
        if status != 0 { findings.lose("races: the server ended with status \(status)") }
        return findings
    }

    private func make(_ comment: String, _ client: ControlClient, _ findings: inout Findings) throws -> Edit {
        var known = try client.ask("GET", "status").revision ?? 0
        while true {
            let answer = try client.ask(
                "POST", "snapshots", ifMatch: known, .object(["comment": .string(comment)]))
            switch answer.status {
            case 200:
                guard case .integer(let made)? = answer.body.object?["revision"] else {
                    throw TortureError("an answer without a revision: \(JSONWriter.line(answer.body))")
                }
                findings.count("changes")
                return Edit(comment: comment, expected: known, made: Int(made))
            case 412:
                findings.count("conflicts")
                known = try answer.revision ?? client.ask("GET", "status").revision ?? 0
            default: throw TortureError("an answer with status \(answer.status): \(JSONWriter.line(answer.body))")
            }
        }
    }

    private func check(_ edits: [Edit], _ client: ControlClient, _ findings: inout Findings) {
        // Each change expected one revision and made the next: an update in between would be lost to whoever asked.
        let overtaken = edits.filter { $0.made != $0.expected + 1 }
        if let edit = overtaken.min(by: { $0.made < $1.made }) {
            findings.lose(
                "races: \(overtaken.count) of \(edits.count) changes were made though somebody was faster; the first one "
                    + "(\(edit.comment)) expected revision \(edit.expected) and made \(edit.made)")
        }
        let numbers = edits.map(\.made).sorted()
        if numbers != Array(2..<edits.count + 2) { findings.lose("races: revisions have gaps or stand twice") }
        guard let answer = try? client.ask("GET", "revisions"), case .array(let history) = answer.body else {
            return findings.lose("races: the history can't be read")
        }
        var comments: [Int: String] = [:]
        for entry in history {
            guard case .integer(let number)? = entry.object?["revision"] else { continue }
            comments[Int(number)] = entry.object?["comment"]?.string
        }
        let lost = edits.filter { comments[$0.made] != $0.comment }
        if let edit = lost.first { findings.lose("races: \(lost.count) changes are lost, one of them \(edit)") }
    }
}
