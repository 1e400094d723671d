import ArgumentParser
import Glibc
import TapControl
import TapFile
import Taproom

extension Tapctl {
    struct Prune: Verb {
        static let configuration = CommandConfiguration(
            abstract: "Remove points of the history that no rule keeps, and snapshots that are named.",
            usage: "tapctl prune [TAP] [SNAPSHOT...] [--keep N] [--hourly N] [--daily N] [--size SIZE] [--dry-run]",
            discussion: """
                Without rules those of the description count (its key "retention"). The active revision, the newest one \
                and snapshots with a name stay, unless they are named here.
                """)
        @OptionGroup var target: Target
        @Option(name: .long, help: ArgumentHelp("Keep so many of the newest revisions.", valueName: "n"))
        var keep: Int?
        @Option(
            name: .long, help: ArgumentHelp("Keep the newest revision of each of the last n hours.", valueName: "n"))
        var hourly: Int?
        @Option(name: .long, help: ArgumentHelp("Keep the newest revision of each of the last n days.", valueName: "n"))
        var daily: Int?
        @Option(
            name: .long,
            help: ArgumentHelp("Remove the oldest points until the tap is no larger: 500MB, 1GiB.", valueName: "size"))
        var size: String?
        @Flag(name: .long, help: "Only say what would go.")
        var dryRun = false

        func perform(_ invocation: Invocation) throws -> ExitStatus {
            let (tap, names) = try target.resolve(atMost: .max, invocation)
            let request = try request(names)
            let authorship = invocation.authorship()
            let pruning = try target.with(tap, invocation) { try await $0.prune(request, by: authorship) }
            if target.json {
                try invocation.console.print(json: pruning)
            } else {
                let count = pruning.revisions.count
                let what = count == 1 ? "1 revision" : "\(count) revisions"
                invocation.console.print(
                    "\(tap): \(what) \(dryRun ? "would go" : "removed"); \(ByteText.of(pruning.size)) \(dryRun ? "would be" : "are") in use\n"
                )
            }
            return .done
        }

        private func request(_ names: [String]) throws -> PruneRequest {
            var request = PruneRequest()
            for (option, value) in [("keep", keep), ("hourly", hourly), ("daily", daily)] {
                guard value.map({ $0 >= 1 }) ?? true else {
                    throw UsageError(problem: "--\(option) takes a number from 1", help: "prune --help")
                }
            }
            (request.keep, request.hourly, request.daily) = (keep, hourly, daily)
            request.size = try size.map { text in
                guard let size = ByteCount(text) else {
                    throw UsageError(problem: "--size takes a size such as 500MB or 1GiB", help: "prune --help")
                }
                return size
            }
            request.snapshots = names
            request.dryRun = dryRun
            return request
        }
    }
}

extension Tapctl.Verify {
    /// What the kinds of this program would migrate: a running application is looked at in a copy, for its own program need
    /// not know them.
    func tryMigration(of tap: String, _ invocation: Invocation) throws -> ExitStatus {
        try invocation.checkOutside("verify --migrate")
        let passphrase = try target.passphrase.opening(tap)
        let copy = "\(tap).migration-\(getpid())"
        try target.with(tap, invocation) { try await $0.save() }
        try Tap.backUp(tap, to: copy, passphrase: passphrase)
        defer { unlink(copy) }
        let opened = try Tap(opening: copy, for: .reading, passphrase: passphrase)
        let pending = try opened.pendingMigrations(kinds: invocation.kinds, called: tap)
        try opened.close()
        if target.json {
            try invocation.console.print(json: pending)
        } else {
            let lines = pending.map { "\(tap): would migrate \($0.text)\n" }
            invocation.console.print(lines.isEmpty ? "\(tap): nothing to migrate\n" : lines.joined())
        }
        return .done
    }
}

extension Tapctl {
    struct Backup: Verb {
        static let configuration = CommandConfiguration(
            abstract: "Copy the tap to another file, consistently, also while it runs.",
            usage: "tapctl backup [TAP] FILE [--force]")
        @OptionGroup var target: Target
        @Flag(name: .long, help: "Replace a file that is there already.")
        var force = false

        func perform(_ invocation: Invocation) throws -> ExitStatus {
            try invocation.checkOutside("backup")
            let (tap, file) = try target.resolveTwo("the file to write", help: "backup --help", invocation)
            // What is in memory only is to be in the copy too.
            try target.with(tap, invocation) { try await $0.save() }
            try Tap.backUp(tap, to: file, replacing: force, passphrase: target.passphrase.opening(tap))
            return try target.report(["copy": file], "\(tap): copied to \(file)\n", invocation)
        }
    }

    struct Repair: Verb {
        static let configuration = CommandConfiguration(
            abstract: "Make a new tap of what can be read of a damaged one, and say what can't.",
            usage: "tapctl repair [TAP] [FILE] [--force]",
            discussion: "FILE is NAME.repaired.tap unless it is named. The damaged tap is left as it is.")
        @OptionGroup var target: Target
        @Flag(name: .long, help: "Replace a file that is there already.")
        var force = false

        func perform(_ invocation: Invocation) throws -> ExitStatus {
            try invocation.checkOutside("repair")
            let (tap, arguments) = try target.resolve(atMost: 1, invocation)
            let stem = tap.hasSuffix(".tap") ? String(tap.dropLast(4)) : tap
            let file = arguments.first ?? stem + ".repaired.tap"
            // Nobody may write meanwhile.
            let lock = try TapLock(tap, .reading)
            let rescue = try withExtendedLifetime(lock) {
                try Rescue(tap, passphrase: target.passphrase.opening(tap))
            }
            try rescue.write(to: file, replacing: force)
            let report = rescue.report
            if target.json {
                try invocation.console.print(json: report)
            } else {
                invocation.console.print("\(tap): \(report.text)\n")
                for lost in report.lost { invocation.console.print("\(tap): lost: \(lost.text)\n") }
                if !report.isNowWhole, let good = report.goodRevision {
                    invocation.console.print("\(tap): the newest point that is whole is revision \(good)\n")
                }
                invocation.console.print("\(file): made of what could be read\n")
            }
            return report.lost.isEmpty && !report.isLogDamaged ? .done : .badData
        }
    }

    struct Rekey: Verb {
        static let configuration = CommandConfiguration(
            abstract: "Encrypt a tap at rest, with a new passphrase, or with --plain not at all any more.",
            usage: "tapctl rekey [TAP] [--new-passphrase-file FILE | --plain]",
            discussion: "The whole file is written anew with a new key. Copies that were made before stay as they are.")
        @OptionGroup var target: Target
        @Option(
            name: .long,
            help: ArgumentHelp("Read the new passphrase from this file. Default: the terminal.", valueName: "file"))
        var newPassphraseFile: String?
        @Flag(name: .long, help: "Decrypt it.")
        var plain = false

        func perform(_ invocation: Invocation) throws -> ExitStatus {
            let tap = try target.resolve(atMost: 0, invocation).tap
            try invocation.checkOutside("rekey")
            guard !plain || newPassphraseFile == nil else {
                throw UsageError(problem: "--plain and --new-passphrase-file exclude each other", help: "rekey --help")
            }
            let old = try target.passphrase.opening(tap)
            let new =
                try plain
                ? nil
                : newPassphraseFile.map { try PassphraseOptions.read($0) } ?? PassphraseOptions.typedTwice(tap)
            try Tap.rekey(tap, from: old, to: new)
            return try target.report(
                ["encrypted": !plain],
                "\(tap): \(plain ? "is not encrypted any more" : "is encrypted with the new passphrase")\n", invocation)
        }
    }
}

/// Sizes as people read them.
enum ByteText {
    /// With one digit behind the point: `512 B`, `4.1 kB`, `1.2 GB`.
    static func of(_ bytes: Int) -> String {
        var (size, unit) = (Double(bytes), 0)
        let units = ["B", "kB", "MB", "GB", "TB"]
        while size >= 1000, unit < units.count - 1 { (size, unit) = (size / 1000, unit + 1) }
        guard unit > 0 else { return "\(bytes) B" }
        let tenths = Int((size * 10).rounded())
        return "\(tenths / 10).\(tenths % 10) \(units[unit])"
    }
}
