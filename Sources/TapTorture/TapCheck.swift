import Glibc
import TapFile
import Taproom

/// Looks at what is left of a tap.
enum TapCheck {
    /// Says what is wrong with the tap of a folder.
    ///
    /// - Parameters:
    ///   - folder: where the tap is.
    ///   - recorded: the scenario it comes from.
    ///   - expected: what it may hold; nil among them: it may be missing.
    ///   - isChanging: whether it is tried that the tap can be changed, closed and opened again.
    /// - Returns: a sentence, or nil.
    static func problem(
        in folder: String, of recorded: RecordedScenario, expected: [String?], isChanging: Bool
    ) -> String? {
        problem(ofTapIn: folder, recorded.scenario, expected, isChanging)
            ?? recorded.keptBytes.lazy.compactMap { problem(in: folder, keeping: $0) }.first
    }

    private static func problem(
        ofTapIn folder: String, _ scenario: Scenario, _ expected: [String?], _ isChanging: Bool
    ) -> String? {
        let path = "\(folder)/\(Scenario.tapName)"
        guard access(path, F_OK) == 0 else { return expected.contains(nil) ? nil : "the tap is not there" }
        do {
            let tap = try scenario.open(path, for: .writing)
            let found = try WholeContent.text(of: tap)
            guard expected.contains(found) else { return difference(found, expected) }
            let findings = try tap.integrityFindings()
            guard findings.isEmpty else { return "integrity: \(findings.joined(separator: "; "))" }
            if isChanging { try change(tap) }
            try tap.close()
            return isChanging ? try problemAfterChange(path, scenario) : nil
        } catch {
            return "\(error)"
        }
    }

    private static func change(_ tap: Tap) throws {
        _ = try tap.commit {
            try tap.addRevision(.snapshot, snapshot: "after", by: Authorship(author: "ada", origin: "torture"))
        }
    }

    private static func problemAfterChange(_ path: String, _ scenario: Scenario) throws -> String? {
        let tap = try scenario.open(path, for: .reading)
        let history = try tap.history()
        try tap.close()
        guard history.last?.snapshot == "after" else { return "a change after opening is lost" }
        return access(path + "-wal", F_OK) == 0 ? "a log is left after closing" : nil
    }

    /// Bytes that must not be lost even when the tap is as it should be: one file has them at their place.
    private static func problem(in folder: String, keeping kept: KeptBytes) -> String? {
        do {
            let isThere = try Files.names(in: folder).contains { name in
                try Files.read("\(folder)/\(name)").dropFirst(kept.offset).starts(with: kept.bytes)
            }
            return isThere ? nil : "\(kept.bytes.count) bytes at \(kept.offset) of \(kept.name) are nowhere any more"
        } catch {
            return "\(error)"
        }
    }

    private static func difference(_ found: String, _ expected: [String?]) -> String {
        guard let wanted = expected.compactMap({ $0 }).first else { return "a tap is there before it was made" }
        let lines = (found.split(separator: "\n"), wanted.split(separator: "\n"))
        let isOther = zip(lines.0, lines.1).enumerated().first { $1.0 != $1.1 }
        let place = isOther?.offset ?? min(lines.0.count, lines.1.count)
        func line(_ lines: [Substring]) -> String { place < lines.count ? String(lines[place].prefix(160)) : "nothing" }
        return "line \(place + 1) of the content is \(line(lines.0)), but was acknowledged as \(line(lines.1))"
    }
}

/// A part of a file that has to be somewhere in the folder, whatever happens.
struct KeptBytes {
    var name: String
    var offset: Int
    var bytes: [UInt8]
}

extension FolderContent {
    /// Writes the files into a folder, in place of all that an earlier look at a tap has left there.
    func write(to folder: String) throws {
        for name in try Files.names(in: folder) { unlink("\(folder)/\(name)") }
        for (name, bytes) in self { try Files.write(bytes, to: "\(folder)/\(name)") }
    }
}
