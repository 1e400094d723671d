/// Small files in memory, and large ones open, by the request path they answer.
///
/// One for each event loop, and used on it only.
///
/// It has two generations: what was used since the younger one began, and what was used before. When the younger has
/// half of the bytes allowed it becomes the older, and what was older goes.
struct FileCache {
    /// A path of a host, as a request writes it.
    struct Key: Hashable {
        let host: Int
        let path: String
    }

    /// A file that is kept: its bytes, or open when it is large.
    final class Entry {
        /// What it was found in.
        let tree: FileTree
        let place: Place
        /// The file below the root.
        let fileName: [CChar]
        let representation: Representation
        /// The compressed forms; nil: it is never compressed.
        let variants: FileVariants?
        /// When files beside it were looked for, in seconds since 1970.
        let lookedAt: Int64
        /// The round of the event loop in which it was found unchanged; nil: none yet.
        var checked: Int?
        /// Whether it was asked for since open files were looked through.
        var isUsed = true

        init(
            _ representation: Representation, named fileName: [CChar], in tree: FileTree, _ place: Place,
            _ variants: FileVariants?, lookedAt: Int64
        ) {
            (self.representation, self.fileName, self.tree, self.place) = (representation, fileName, tree, place)
            (self.variants, self.lookedAt) = (variants, lookedAt)
        }

        /// Whether a file is kept open for it.
        var isOpen: Bool { if case .file = representation.content { true } else { false } }

        /// Whether the file on the disk is still the same.
        var isUnchanged: Bool { tree.facts(fileName) == representation.facts }
    }

    /// What an open file counts as: the number of descriptors has its bound as well.
    private static let openFileBytes = 512 << 10

    private let maximumBytes: Int
    private var younger: [Key: Entry] = [:]
    private var older: [Key: Entry] = [:]
    private var youngerBytes = 0

    /// An empty cache that never keeps more than some bytes, heads and keys included.
    init(maximumBytes: Int) { self.maximumBytes = maximumBytes }

    /// How many files are kept.
    var count: Int { younger.count + older.count }

    /// The file for a path, which the caller has to check against the disk.
    mutating func entry(_ path: Key) -> Entry? {
        if let entry = younger[path] { return entry }
        guard let entry = older.removeValue(forKey: path) else { return nil }
        insert(entry, for: path)
        return entry
    }

    /// Keeps a file.
    mutating func insert(_ entry: Entry, for path: Key) {
        remove(path)
        let bytes = FileCache.bytes(entry, path)
        guard bytes <= maximumBytes / 2 else { return }
        if youngerBytes + bytes > maximumBytes / 2 {
            older = younger
            younger = [:]
            youngerBytes = 0
        }
        younger[path] = entry
        youngerBytes += bytes
    }

    /// Forgets open files that were not asked for since the last time, or are not the same any more.
    ///
    /// A deleted file takes its space on the disk as long as it is open. Answers whether any is left.
    mutating func closeUnused() -> Bool {
        var isAnyLeft = false
        for (key, entry) in older.merging(younger, uniquingKeysWith: { $1 }) where entry.isOpen {
            if entry.isUsed && entry.isUnchanged { isAnyLeft = true } else { remove(key) }
            entry.isUsed = false
        }
        return isAnyLeft
    }

    /// Forgets a file.
    mutating func remove(_ path: Key) {
        if let entry = younger.removeValue(forKey: path) { youngerBytes -= FileCache.bytes(entry, path) }
        older[path] = nil
    }

    /// An estimate that counts the tables and objects around the bytes, so that empty files are bounded as well.
    private static func bytes(_ entry: Entry, _ path: Key) -> Int {
        entry.representation.memoryBytes * (entry.variants == nil ? 1 : 2) + entry.fileName.count + path.path.utf8.count
            + 1024 + (entry.isOpen ? openFileBytes : 0)
    }
}
