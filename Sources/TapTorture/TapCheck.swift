import Glibc
import TapFile
import Taproom

/// Looks at what is left of a tap.
enum TapCheck {
    /// What is wrong with the tap of a folder, or nil.
    ///
    /// - Parameters:
    ///   - folder: where the tap is.
    ///   - expected: what it may hold; nil among them: it may be missing.
    ///   - isChanging: whether it is tried that the tap can be changed, closed and opened again.
    static func problem(in folder: String, expected: [String?], isChanging: Bool) -> String? {
        let path = "\(folder)/\(Scenario.tapName)"
        guard access(path, F_OK) == 0 else { return expected.contains(nil) ? nil : "the tap is not there" }
        do {
            let tap = try Tap(opening: path, for: .writing)
            let found = try WholeContent.text(of: tap)
            guard expected.contains(found) else { return difference(found, expected) }
            let findings = try tap.integrityFindings()
            guard findings.isEmpty else { return "integrity: \(findings.joined(separator: "; "))" }
            if isChanging { try change(tap) }
            try tap.close()
            return isChanging ? try problemAfterChange(path, found) : nil
        } catch {
            return "\(error)"
        }
    }

    private static func change(_ tap: Tap) throws {
        _ = try tap.commit {
            try tap.addRevision(.snapshot, snapshot: "after", by: Authorship(author: "ada", origin: "torture"))
        }
    }

    private static func problemAfterChange(_ path: String, _ former: String) throws -> String? {
        let tap = try Tap(opening: path, for: .reading)
        let history = try tap.history()
        try tap.close()
        guard history.last?.snapshot == "after" else { return "a change after opening is lost" }
        return access(path + "-wal", F_OK) == 0 ? "a log is left after closing" : nil
    }

    private static func difference(_ found: String, _ expected: [String?]) -> String {
        guard let wanted = expected.compactMap({ $0 }).first else { return "a tap is there before it was made" }
        let lines = (found.split(separator: "\n"), wanted.split(separator: "\n"))
        let place =
            zip(lines.0, lines.1).enumerated().first { $1.0 != $1.1 }?.offset ?? min(lines.0.count, lines.1.count)
        func line(_ lines: [Substring]) -> String { place < lines.count ? String(lines[place].prefix(160)) : "nothing" }
        return "line \(place + 1) of the content is \(line(lines.0)), but was acknowledged as \(line(lines.1))"
    }
}

extension FolderContent {
    /// Writes the files into a folder, in place of all that an earlier look at a tap has left there.
    func write(to folder: String) throws {
        for suffix in ["", "-wal", "-shm"] { unlink("\(folder)/\(Scenario.tapName)\(suffix)") }
        for (name, bytes) in self { try Files.write(bytes, to: "\(folder)/\(name)") }
    }
}
