import Glibc
import Taproom

/// The script that a request leads to.
struct FastCGIScript: Equatable {
    /// Its path as the server sees it; nil when the server knows itself what answers.
    var file: [UInt8]?
    /// How the request's path is divided.
    var path: ProgramVariables.Path
}

/// Finds scripts below a folder.
///
/// A server that is sent the name of a file that isn't there may look for another one: with PHP's `cgi.fix_pathinfo`,
/// `/picture.jpg/x.php` would run the picture. So only what is a file is sent.
struct FastCGIScripts: Sendable {
    /// What there is at a path.
    enum Found: Equatable {
        case script(FastCGIScript)
        /// A folder with an index that is asked for without the slash.
        case folderWithoutSlash
        case nothing
        case failure(OpenFailure)
    }

    private let folder: ProgramFolder?
    /// The folder as the server sees it.
    let root: [UInt8]?
    private let index: [UInt8]
    private let ending: [UInt8]
    private let fallback: [[UInt8]]?

    /// Looks whether there is what the settings name.
    ///
    /// Throws ``ProgramFolderError``.
    init(_ settings: FastCGISettings) throws(ProgramFolderError) {
        folder = settings.root.map { ProgramFolder(path: $0.text) }
        root = (settings.rootThere ?? settings.root?.text).map { Array($0.utf8) }
        index = Array(settings.index.utf8)
        ending = Array(settings.split.utf8)
        fallback = settings.fallback?.utf8.split(separator: UInt8(ascii: "/")).map { Array($0) }
        _ = try folder?.open()
    }

    /// Finds the script for a path.
    func find(_ path: ProgramPath) -> Found {
        guard let folder else { return .script(FastCGIScript(file: nil, path: path.split(0))) }
        do throws(ProgramFolderError) {
            let opened = try folder.open()
            return try find(path, in: opened)
        } catch {
            return .failure(OpenFailure(code: error.code))
        }
    }

    private func find(_ path: ProgramPath, in folder: ProgramFolder.Opened) throws(ProgramFolderError) -> Found {
        if !path.names.contains(where: ProgramPath.isHidden) {
            for (number, name) in path.names.enumerated()
            where name.count > ending.count && name.suffix(ending.count) == ending[...] {
                let names = path.names.prefix(number + 1)
                switch facts(names, in: folder) {
                case .success(let facts) where facts.isFile: return script(names, path.split(number + 1))
                case .success(let facts) where facts.isFolder: continue
                case .failure(let failure) where !OpenFailure.meansNothingThere.contains(failure.code):
                    return .failure(failure)
                default: return inPlace(of: path, in: folder)
                }
            }
            let names = path.names + [index]
            if case .success(let facts) = facts(names, in: folder), facts.isFile {
                return path.isFolder || path.names.isEmpty ? script(names, standIn(names, path)) : .folderWithoutSlash
            }
        }
        return inPlace(of: path, in: folder)
    }

    private func inPlace(of path: ProgramPath, in folder: ProgramFolder.Opened) -> Found {
        guard let fallback, case .success(let facts) = facts(fallback[...], in: folder), facts.isFile else {
            return .nothing
        }
        return script(fallback[...], standIn(fallback[...], path))
    }

    private func facts(_ names: ArraySlice<[UInt8]>, in folder: ProgramFolder.Opened) -> Result<FileFacts, OpenFailure>
    {
        Result { () throws(OpenFailure) in try folder.find(names).facts }
    }

    private func script(_ names: ArraySlice<[UInt8]>, _ path: ProgramVariables.Path) -> Found {
        .script(FastCGIScript(file: (root ?? []) + FastCGIScripts.joined(names), path: path))
    }

    /// The path when another script answers than the one that is asked for.
    private func standIn(_ names: ArraySlice<[UInt8]>, _ path: ProgramPath) -> ProgramVariables.Path {
        ProgramVariables.Path(script: FastCGIScripts.joined(path.prefix + names), info: [])
    }

    private static func joined(_ names: ArraySlice<[UInt8]>) -> [UInt8] { names.flatMap { [UInt8(ascii: "/")] + $0 } }
}
