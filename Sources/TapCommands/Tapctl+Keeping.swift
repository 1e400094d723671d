import ArgumentParser
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
            let (tap, names) = try target.resolve(atMost: .max)
            let request = try request(names)
            let authorship = target.authorship()
            let pruning = try target.with(tap, invocation) { try await $0.prune(request, by: authorship) }
            if target.json {
                try Console.print(json: pruning)
            } else {
                let count = pruning.revisions.count
                let what = count == 1 ? "1 revision" : "\(count) revisions"
                Console.print(
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
