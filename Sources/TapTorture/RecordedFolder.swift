import Glibc
package import TapTesting

/// The files of a folder by name.
package typealias FolderContent = [String: [UInt8]]

/// A folder on its way through a trace: what programs see in it, and what a disk may hold.
///
/// Strict where file systems differ, unless told otherwise: a name is on the disk when its folder was synced, not when
/// its file was (POSIX promises no more). What happens to the names of one folder reaches the disk in its order, as ext4, XFS and Btrfs
/// keep it. Files whose names end with "-shm" are left out: SQLite makes them anew.
package struct RecordedFolder {
    private enum NameChange {
        case bind(String, file: Int)
        case unbind(String)
        case move(String, to: String)
    }

    /// Whether syncing a file says nothing about names; ext4, XFS and Btrfs keep the name of a synced file too.
    private let isStrict: Bool
    private var files: [RecordedFile] = []
    /// The names that are on the disk.
    private var durableNames: [String: Int] = [:]
    private var nameChanges: [NameChange] = []
    private var names: [String: Int] = [:]
    /// The files of descriptors; nil is the folder itself.
    private var descriptors: [Int: Int?] = [:]

    /// A folder with files that are on the disk.
    package init(_ content: FolderContent = [:], isStrict: Bool = true) {
        self.isStrict = isStrict
        for (name, bytes) in content.sorted(by: { $0.key < $1.key }) {
            durableNames[name] = files.count
            files.append(RecordedFile(durable: bytes))
        }
        names = durableNames
    }

    /// Follows one operation.
    package mutating func follow(_ operation: FileOperation) {
        guard !operation.name.hasSuffix("-shm") else { return }
        switch operation.kind {
        case .close: descriptors[operation.file] = nil
        case .synchronize: synchronize(operation)
        case _ where operation.failure != 0: return
        case .openForReading, .openForChanging, .create: open(operation)
        case .write: change(operation, .write(offset: operation.offset, data: operation.data))
        case .truncate: change(operation, .truncate(size: operation.offset))
        case .rename:
            guard !operation.otherName.hasSuffix("-shm") else { return }
            note(.move(operation.name, to: operation.otherName))
        case .link: if let file = names[operation.name] { note(.bind(operation.otherName, file: file)) }
        case .unlink: note(.unbind(operation.name))
        case .acknowledge, .unknown: break
        }
    }

    private mutating func open(_ operation: FileOperation) {
        guard !operation.name.isEmpty else {
            descriptors[operation.file] = .some(nil)
            return
        }
        let flags = CInt(bitPattern: operation.flags)
        if let file = names[operation.name] {
            descriptors[operation.file] = file
            if flags & O_TRUNC != 0 { files[file].add(.truncate(size: 0)) }
        } else {
            descriptors[operation.file] = files.count
            note(.bind(operation.name, file: files.count))
            files.append(RecordedFile())
        }
    }

    private mutating func change(_ operation: FileOperation, _ change: RecordedFile.Change) {
        if case .some(.some(let file)) = descriptors[operation.file] { files[file].add(change) }
    }

    private mutating func synchronize(_ operation: FileOperation) {
        switch descriptors[operation.file] {
        case .none: break
        case .some(.none):
            if operation.failure == 0 { synchronizeNames() }
        case .some(.some(let file)):
            guard operation.failure == 0 else { return files[file].synchronizingFailed() }
            files[file].synchronize()
            if !isStrict { synchronizeNames() }
        }
    }

    private mutating func synchronizeNames() {
        durableNames = names
        nameChanges = []
    }

    private mutating func note(_ change: NameChange) {
        nameChanges.append(change)
        RecordedFolder.apply(change, to: &names)
    }

    private static func apply(_ change: NameChange, to names: inout [String: Int]) {
        switch change {
        case .bind(let name, let file): names[name] = file
        case .unbind(let name): names[name] = nil
        case .move(let name, let other):
            names[other] = names[name]
            names[name] = nil
        }
    }

    /// The folder as programs see it: what is there after the program was killed.
    package var current: FolderContent { names.mapValues { files[$0].current } }

    /// The folder with nothing but what was synced.
    package var synchronized: FolderContent { durableNames.mapValues { files[$0].synchronized } }

    /// A folder that a disk could hold after a power failure.
    package func torn(_ random: inout SeededGenerator) -> FolderContent {
        var names = durableNames
        for change in nameChanges.prefix(random.next(below: nameChanges.count + 1)) {
            RecordedFolder.apply(change, to: &names)
        }
        var content: FolderContent = [:]
        for (name, file) in names.sorted(by: { $0.key < $1.key }) { content[name] = files[file].torn(&random) }
        return content
    }
}
