import Glibc
import TapTesting

/// The program that plays scenarios, and the library that watches it.
package struct TracedProgram: Sendable {
    private let program: String
    private let library: String
    /// The folder of taps in older formats.
    let fixtures: String

    /// Names both.
    ///
    /// - Parameters:
    ///   - program: the path of `torture`.
    ///   - library: the path of FileTrace.c as a shared library.
    ///   - fixtures: the folder of taps in older formats.
    package init(program: String, library: String, fixtures: String) {
        self.program = program
        self.library = library
        self.fixtures = fixtures
    }

    /// What happens to the program at one of its file operations.
    package struct Fault: Sendable, CustomStringConvertible {
        package enum How: String, Sendable {
            /// The program ends there.
            case stop
            /// That operation fails.
            case once
            /// That operation and all later ones of the same kinds fail.
            case on
            /// A write writes one half, and the next operation fails.
            case short
        }

        package var how: How
        /// The number of the operation, from 1.
        package var operation: Int
        /// errno.
        package var code: CInt = 0
        package var kinds: Set<FileOperation.Kind> = []

        package var description: String { "operation \(operation) \(how) \(code)" }
    }

    /// How the program ended, what it did, and the folder as it left it.
    struct Run {
        var status: CInt
        var operations: [FileOperation]
        var folder: TemporaryFolder
    }

    /// The exit status of a program that was stopped at an operation.
    static let stoppedStatus: CInt = 99

    /// Plays a scenario in a folder that begins with some files.
    func run(_ scenario: Scenario, from content: FolderContent, _ fault: Fault? = nil) throws -> Run {
        let folder = try Files.folder()
        let trace = try Files.folder()
        for (name, bytes) in content { try Files.write(bytes, to: folder[name]) }
        var variables = ["LD_PRELOAD": library, "TRACE_FOLDER": folder.path, "TRACE_FILE": trace["trace"]]
        if let fault {
            variables["TRACE_HOW"] = fault.how.rawValue
            variables["TRACE_AT"] = String(fault.operation)
            variables["TRACE_ERROR"] = String(fault.code)
            variables["TRACE_KINDS"] = String(fault.kinds.reduce(0) { $0 | 1 << Int($1.rawValue) })
        }
        let status = try ChildProgram([program, "scenario", scenario.rawValue, folder.path], environment: variables)
            .end().status
        let operations = try FileOperation.read(Files.read(trace["trace"]))
        return Run(status: status, operations: operations, folder: folder)
    }
}

/// A scenario that was played without faults: its operations, and what the tap holds after each step.
struct RecordedScenario {
    let scenario: Scenario
    let start: FolderContent
    let operations: [FileOperation]
    /// What the tap holds at the beginning, and from each operation on that acknowledged a step.
    let milestones: [(operation: Int, step: String, content: String?)]
    /// What has to be in the folder at all times.
    let keptBytes: [KeptBytes]

    /// Plays a scenario.
    ///
    /// Throws ``TortureError`` unless every step is done.
    init(_ scenario: Scenario, from beginning: Beginning, by program: TracedProgram) throws {
        let (start, content) = (beginning.files, beginning.content)
        keptBytes = beginning.keptBytes
        let run = try program.run(scenario, from: start)
        var milestones: [(operation: Int, step: String, content: String?)] = [(-1, "the beginning", content)]
        for (index, operation) in run.operations.enumerated() where operation.kind == .acknowledge {
            switch Acknowledgement(operation.data) {
            case .done(let step): milestones.append((index, step, nil))
            case .content(let content): milestones[milestones.count - 1].content = content
            case let other: throw TortureError("\(scenario.rawValue): \(String(describing: other))")
            }
        }
        guard run.status == 0 else { throw TortureError("\(scenario.rawValue): ended with status \(run.status)") }
        guard milestones.count > 1 else { throw TortureError("\(scenario.rawValue): nothing was recorded") }
        self.scenario = scenario
        self.start = start
        operations = run.operations
        self.milestones = milestones
    }

    /// How many operations have a number.
    var countedOperations: Int { operations.count { $0.kind.isCounted } }

    /// What the tap may hold when so many operations were done: what was acknowledged last, or what was under way.
    func expected(after count: Int) -> [String?] {
        let last = milestones.lastIndex { $0.operation < count } ?? 0
        return milestones[last...].prefix(2).map(\.content)
    }
}
