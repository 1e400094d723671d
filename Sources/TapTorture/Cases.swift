import Glibc
import Synchronization
import TapTesting

/// Numbered cases that each may end the process they run in.
package protocol Cases {
    /// Prepares the cases of a seed; the same seed and number make the same case.
    init(seed: UInt64) throws

    /// Does one case.
    mutating func run(_ number: Int, _ findings: inout Findings) throws
}

extension Cases {
    /// Does cases in this process.
    package static func run(_ numbers: Range<Int>, seed: UInt64) throws -> Findings {
        var findings = Findings()
        var cases = try Self(seed: seed)
        for number in numbers { try cases.run(number, &findings) }
        return findings
    }

    /// Does cases in a process that was started for them: its number in shared memory tells which one is under way.
    ///
    /// What is found lost is printed at once, the figures at the end.
    static func runAsChild(_ numbers: Range<Int>, seed: UInt64, place: String) throws {
        let file = open(place, O_RDWR | O_CLOEXEC)
        defer { close(file) }
        var findings = Findings()
        var cases = try Self(seed: seed)
        for number in numbers {
            var text = UInt64(number).littleEndian
            guard pwrite(file, &text, 8, 0) == 8 else { throw TortureError("\(place) can't be written") }
            // The signal ends the process; nothing in it waits or computes for so long.
            alarm(CaseRunner.patience)
            try cases.run(number, &findings)
            if !findings.losses.isEmpty {
                findings.print()
                findings = Findings()
            }
        }
        findings.print()
    }
}

extension Findings {
    /// Writes all of it to standard output.
    fileprivate func print() {
        let bytes = Array(lines.utf8)
        write(STDOUT_FILENO, bytes, bytes.count)
    }
}

/// Runs cases in processes of their own, so that a crash or a hang is a finding and not the end.
struct CaseRunner: Sendable {
    /// How long one case may take, in seconds.
    static let patience: UInt32 = 10
    /// Cases that one process does.
    private static let batch = 5000
    /// After so many crashes the rest would say the same.
    private static let maximumCrashes = 20

    let program: String
    let part: String
    let seed: UInt64
    let jobs: Int

    /// Runs so many cases from a number on.
    func run(_ numbers: Range<Int>) throws -> Findings {
        let batch = min(CaseRunner.batch, max(1, numbers.count / jobs / 4))
        let batches = (numbers.count + batch - 1) / batch
        let crashes = Atomic(0)
        return try Parallel.run(batches, jobs: jobs) { index in
            let first = numbers.lowerBound + index * batch
            let last = min(first + batch, numbers.upperBound)
            let findings = try runBatch(first..<last) { crashes.add(1, ordering: .relaxed).newValue }
            if index % 10 == 9 { Progress.note("\(part): \(index + 1) of \(batches) batches") }
            return findings
        }
    }

    private func runBatch(_ numbers: Range<Int>, crashed: () -> Int) throws -> Findings {
        let folder = try Files.folder()
        try Files.write(Array(repeating: 0, count: 8), to: folder["number"])
        var findings = Findings()
        var next = numbers.lowerBound
        while next < numbers.upperBound {
            let child = try ChildProgram([
                program, "cases", part, folder["number"], "--first", "\(next)", "--count",
                "\(numbers.upperBound - next)",
                "--seed", "\(seed)",
            ]).end()
            findings.add(Findings(lines: child.output))
            guard child.status != 0 else { break }
            let number = try Files.read(folder["number"]).reversed().reduce(0) { $0 << 8 | Int($1) }
            let how = child.status == 128 + SIGALRM ? "hung" : "ended the program with status \(child.status)"
            findings.lose("\(part): case \(number) of seed \(seed) \(how)")
            guard crashed() < CaseRunner.maximumCrashes else { break }
            next = number + 1
        }
        return findings
    }
}
