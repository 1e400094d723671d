/// What was seen of one process while it served: it may not grow.
struct SoakedProcess {
    /// What a process needs until it has everything that it keeps, and how long each of the looks is that are compared.
    static let warmUp = Duration.seconds(10)
    /// By how much of what it was resident memory may have grown.
    private static let mostGrowth = 0.05

    private let start = ContinuousClock.now
    private var looks: [(age: Duration, figures: ProcessFigures)] = []

    /// Adds what is seen now.
    mutating func look(_ figures: ProcessFigures) { looks.append((ContinuousClock.now - start, figures)) }

    /// What a process has, without what a moment adds to it.
    struct Level {
        /// The median, in KiB.
        let resident: Int
        /// The least: connections come and go.
        let threads: Int
        /// The least.
        let descriptors: Int

        fileprivate init?(_ looks: [ProcessFigures]) {
            guard !looks.isEmpty else { return nil }
            resident = looks.map(\.resident).sorted()[looks.count / 2]
            threads = looks.map(\.threads).min() ?? 0
            descriptors = looks.map(\.descriptors).min() ?? 0
        }

        /// What has grown since an earlier level, as sentences.
        func growth(since earlier: Level) -> [String] {
            var sentences: [String] = []
            if Double(resident) > Double(earlier.resident) * (1 + mostGrowth) {
                sentences.append("resident memory grew from \(earlier.resident) to \(resident) KiB")
            }
            if threads > earlier.threads { sentences.append("threads grew from \(earlier.threads) to \(threads)") }
            if descriptors > earlier.descriptors {
                sentences.append("open files grew from \(earlier.descriptors) to \(descriptors)")
            }
            return sentences
        }

        var text: String { "\(resident) KiB, \(threads) threads, \(descriptors) open files" }
    }

    /// When it was warm; nil: it ended before it could be told from the end.
    var warm: Level? {
        guard let last = looks.last, last.age >= SoakedProcess.warmUp * 3 else { return nil }
        return Level(
            looks.filter { ($0.age >= SoakedProcess.warmUp) && ($0.age < SoakedProcess.warmUp * 2) }.map(\.figures))
    }

    /// At its end.
    var end: Level? {
        guard let last = looks.last else { return nil }
        return Level(looks.filter { $0.age >= last.age - SoakedProcess.warmUp }.map(\.figures))
    }
}
