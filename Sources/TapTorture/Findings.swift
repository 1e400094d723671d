/// What a part has counted, and what it found lost.
package struct Findings: Sendable, Equatable {
    /// Numbers by what they count, in the order in which they were first counted.
    package private(set) var figures: [(word: String, number: Int)] = []
    /// A sentence for everything that is not as it must be; empty: nothing was lost.
    package private(set) var losses: [String] = []

    package init() {}

    /// Adds to the number of something.
    package mutating func count(_ word: String, by number: Int = 1) {
        if let index = figures.firstIndex(where: { $0.word == word }) {
            figures[index].number += number
        } else {
            figures.append((word, number))
        }
    }

    /// The number of something.
    package func number(of word: String) -> Int { figures.first { $0.word == word }?.number ?? 0 }

    /// Notes that something was lost.
    package mutating func lose(_ sentence: String) { losses.append(sentence) }

    /// Adds what another has found.
    package mutating func add(_ other: Findings) {
        for figure in other.figures { count(figure.word, by: figure.number) }
        losses += other.losses
    }

    package static func == (one: Findings, other: Findings) -> Bool {
        one.losses == other.losses && one.figures.elementsEqual(other.figures) { $0 == $1 }
    }

    /// All of it as lines, for the process that asked.
    var lines: String {
        figures.map { "\($0.number) \($0.word)\n" }.joined()
            + losses.map { "lost \($0.split(separator: "\n").joined(separator: " | "))\n" }.joined()
    }

    /// What another process has found.
    init(lines: String) {
        for line in lines.split(separator: "\n") {
            let parts = line.split(separator: " ", maxSplits: 1).map(String.init)
            guard parts.count == 2 else { continue }
            if let number = Int(parts[0]) { count(parts[1], by: number) } else { lose(parts[1]) }
        }
    }
}
