import Glibc
import Synchronization
package import Taproom

/// The folders in which manifests of foreign kinds are.
///
/// A manifest is called WORD.yaml, so that a word is found without a look at other manifests. Of two with the same word the
/// one in the earlier folder counts. What was read once stays as it was for the life of the process: a program that runs
/// goes on with the kinds it started with, and a new one is there from the next start or `tapctl upgrade` on.
package final class KindFolders: KindSource {
    static let ending = ".yaml"
    /// The greatest manifest.
    private static let maximumBytes = 1 << 20
    /// The variable that names folders of one's own, with colons between.
    package static let variable = "TAPROOM_KINDS"

    private let look: @Sendable () -> [String]
    private let known = Mutex<[String: ForeignKind]>([:])

    /// Folders, the first of which comes first.
    package init(_ folders: [String]) { look = { folders } }

    private init(look: @escaping @Sendable () -> [String]) { self.look = look }

    /// The folders of this process: those that `TAPROOM_KINDS` names, the one beside the program, and the system's.
    ///
    /// They are looked for when a word is.
    package static func ofProcess() -> KindFolders {
        KindFolders {
            var folders: [String] = []
            let named = getenv(variable).map { String(cString: $0).split(separator: ":").map(String.init) } ?? []
            for folder in named + [besideProgram(), "/usr/lib/taproom/kinds"] {
                let folder = LocalPath(folder, in: LocalPath.workingFolder).text
                if !folders.contains(folder) { folders.append(folder) }
            }
            return folders
        }
    }

    /// `../lib/taproom/kinds` from the folder of the program.
    private static func besideProgram() -> String {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlink("/proc/self/exe", &buffer, buffer.count)
        guard count > 0 else { return "/usr/lib/taproom/kinds" }
        let program = String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return LocalPath("../../lib/taproom/kinds", in: program).text
    }

    package func kind(_ word: String) -> FoundKind? {
        guard KindWord.problem(word) == nil else { return nil }
        if let kind = known.withLock({ $0[word] }) { return .usable(kind) }
        for folder in look() {
            let path = folder + "/" + word + KindFolders.ending
            guard access(path, F_OK) == 0 else { continue }
            return read(path, word)
        }
        return nil
    }

    private func read(_ path: String, _ word: String) -> FoundKind {
        if let kind = known.withLock({ $0[word] }) { return .usable(kind) }
        do throws(KindFailure) {
            let kind = ForeignKind(try KindFolders.manifest(path))
            return .usable(
                known.withLock { known in
                    let kind = known[word] ?? kind
                    known[word] = kind
                    return kind
                })
        } catch {
            return .failed(error)
        }
    }

    private static func manifest(_ path: String) throws(KindFailure) -> Manifest {
        let file: (bytes: [UInt8], permissions: mode_t)
        do throws(SystemCallError) {
            file = try SmallFile.read(path, atMost: maximumBytes)
        } catch {
            throw KindFailure(manifest: path, problems: ["\(path): can't be read: \(error.reason)"])
        }
        guard file.permissions & S_IWOTH == 0 else {
            throw KindFailure(
                manifest: path,
                problems: ["\(path): everybody on this machine may change it; take that away with chmod o-w"])
        }
        guard let text = String(validating: file.bytes, as: UTF8.self) else {
            throw KindFailure(manifest: path, problems: ["\(path): is no UTF-8"])
        }
        return try ManifestReader.read(text, path: path)
    }

    package func findings(besides builtIn: [any KnownKind]) -> KindFindings {
        var findings = KindFindings()
        var paths: [String: String] = [:]
        for path in look().flatMap(KindFolders.manifests) {
            let word = String((path.split(separator: "/").last ?? "").dropLast(KindFolders.ending.count))
            if let problem = KindFolders.problem(of: word, first: paths[word], builtIn) {
                findings.failures.append(KindFailure(manifest: path, problems: ["\(path): \(problem)"]))
                continue
            }
            paths[word] = path
            switch read(path, word) {
            case .usable(let kind): findings.kinds.append(kind)
            case .failed(let failure): findings.failures.append(failure)
            }
        }
        return findings
    }

    /// Why a manifest does not count whatever is in it; nil: it does.
    private static func problem(of word: String, first: String?, _ builtIn: [any KnownKind]) -> String? {
        if builtIn.contains(where: { $0.word == word || $0.formerWords.contains(word) }) {
            return "the word \"\(word)\" is that of a kind that is built in"
        }
        return first.map { "\($0) has the same word, and is in an earlier folder" }
    }

    /// The manifests in a folder, by their names; none when there is no such folder.
    private static func manifests(in folder: String) -> [String] {
        guard let stream = opendir(folder) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name.hasSuffix(ending), !name.hasPrefix(".") { names.append(name) }
        }
        return names.sorted().map { folder + "/" + $0 }
    }
}
