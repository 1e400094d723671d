/// The order of things after a three-way merge.
///
/// Who changed the order of what all have is followed; the file, when both did. What the other side added stands behind what
/// it stands behind there.
struct MergedOrder {
    private(set) var names: [String]

    init(base: [String], file: [String], running: [String]) {
        let common = Set(file).intersection(running)
        let former = base.filter(common.contains)
        let isFileChanged = file.filter(common.contains) != former && !former.isEmpty
        let isRunningChanged = running.filter(common.contains) != former
        if isRunningChanged, !isFileChanged, !former.isEmpty {
            names = MergedOrder.inserting(file, into: running)
        } else {
            names = MergedOrder.inserting(running, into: file)
        }
    }

    /// A list with what is only in another, each behind what it stands behind there.
    private static func inserting(_ others: [String], into list: [String]) -> [String] {
        let known = Set(list)
        var followers: [String?: [String]] = [:]
        var predecessor: String?
        for name in others {
            if known.contains(name) { predecessor = name } else { followers[predecessor, default: []].append(name) }
        }
        guard !followers.isEmpty else { return list }
        // What stands before all others was put there on purpose when there is anything to stand before.
        return (followers[nil] ?? []) + list.flatMap { [$0] + (followers[$0] ?? []) }
    }
}
