/// What to offer for a word that is not known: the nearest one allowed, or all of them when none is near.
///
/// Begins with a space, or is empty when nothing is allowed.
package func suggestion(for word: String, among allowed: [String]) -> String {
    guard !allowed.isEmpty else { return "" }
    if let nearest = nearest(to: word, among: allowed) { return " Did you mean \"\(nearest)\"?" }
    return " Allowed: \(allowed.joined(separator: ", "))."
}

/// The allowed word with the fewest changes to the one given, if a third of its letters or fewer are different.
package func nearest(to word: String, among allowed: [String]) -> String? {
    let word = Array(word.lowercased().prefix(64))
    let ranked = allowed.map { (candidate: $0, distance: distance(word, Array($0.lowercased()))) }
    guard let best = ranked.min(by: { $0.distance < $1.distance }) else { return nil }
    return best.distance <= max(1, max(word.count, best.candidate.count) / 3) ? best.candidate : nil
}

/// Optimal string alignment distance: insertions, deletions, replacements and swaps of neighbours.
private func distance(_ left: [Character], _ right: [Character]) -> Int {
    var rows = [Array(0...right.count)]
    for i in 1..<(left.count + 1) {
        var row = [i]
        for j in 1..<(right.count + 1) {
            var best = min(row[j - 1], rows[i - 1][j]) + 1
            best = min(best, rows[i - 1][j - 1] + (left[i - 1] == right[j - 1] ? 0 : 1))
            if i > 1, j > 1, left[i - 1] == right[j - 2], left[i - 2] == right[j - 1] {
                best = min(best, rows[i - 2][j - 2] + 1)
            }
            row.append(best)
        }
        rows.append(row)
    }
    return rows[left.count][right.count]
}
