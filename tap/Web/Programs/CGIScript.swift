import Glibc
import TapProcess
import Taproom

/// The program that a request leads to.
struct CGIScript: Equatable {
    /// Its absolute path, without symbolic links.
    var file: [UInt8]
    /// What runs it, when it does not run itself.
    var interpreter: [UInt8]?
    /// How the request's path is divided.
    var path: ProgramVariables.Path

    /// Why there is none.
    enum Problem: Error, Equatable {
        case nothing
        case notExecutable(String)
        case failure(OpenFailure)
    }

    /// The folder that it lies in.
    var folder: [UInt8] {
        let slash = file.lastIndex(of: UInt8(ascii: "/")) ?? file.startIndex
        return slash == file.startIndex ? [UInt8(ascii: "/")] : Array(file[..<slash])
    }

    /// The descriptor of that folder, or -1 with `errno` set.
    func openFolder() -> CInt { ChildFiles.open(folder: folder) }
}

/// Finds programs.
struct CGIScripts: Sendable {
    private enum Place: Sendable {
        case folder(ProgramFolder)
        case program(String)
        case nothing
    }

    private let place: Place
    private let interpreters: [String: [UInt8]]
    /// What programs are told to be the folder of documents.
    let root: [UInt8]

    /// Looks whether there is what the settings name.
    ///
    /// Throws ``ProgramFolderError``.
    init(_ settings: CGISettings) throws(ProgramFolderError) {
        interpreters = settings.interpreters.mapValues { Array($0.text.utf8) }
        let documents = settings.root?.text
        if let program = settings.program?.text {
            place = .program(program)
            let folder = program.lastIndex(of: "/").map { program[..<$0] } ?? ""
            root = Array((documents ?? String(folder)).utf8)
            guard access(program, F_OK) == 0 else { throw ProgramFolderError(path: program, code: errno) }
        } else if let folder = settings.folder?.text {
            place = .folder(ProgramFolder(path: folder))
            root = Array((documents ?? folder).utf8)
            _ = try ProgramFolder(path: folder).open()
        } else {
            (place, root) = (.nothing, [])
        }
    }

    /// Finds the program for a path.
    func find(_ path: ProgramPath) throws(CGIScript.Problem) -> CGIScript {
        switch place {
        case .nothing: throw .nothing
        case .program(let program):
            let descriptor = open(program, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
            guard descriptor >= 0 else { throw .failure(OpenFailure(code: errno)) }
            defer { close(descriptor) }
            var status = stat()
            guard fstat(descriptor, &status) == 0 else { throw .failure(OpenFailure(code: errno)) }
            return try script(FileFacts(status), OpenFile.place(descriptor), path, 0)
        case .folder(let folder): return try find(path, in: folder)
        }
    }

    /// The first file on the way is the program.
    private func find(_ path: ProgramPath, in folder: ProgramFolder) throws(CGIScript.Problem) -> CGIScript {
        let opened: ProgramFolder.Opened
        do { opened = try folder.open() } catch { throw .failure(OpenFailure(code: error.code)) }
        for (index, name) in path.names.enumerated() {
            if ProgramPath.isHidden(name) { throw .nothing }
            let file: OpenFile
            do throws(OpenFailure) {
                file = try opened.find(path.names.prefix(index + 1))
            } catch {
                throw OpenFailure.meansNothingThere.contains(error.code) ? .nothing : .failure(error)
            }
            if !file.facts.isFolder { return try script(file.facts, file.place, path, index + 1) }
        }
        throw .nothing
    }

    private func script(
        _ facts: FileFacts, _ file: [UInt8]?, _ path: ProgramPath, _ count: Int
    ) throws(CGIScript.Problem) -> CGIScript {
        guard facts.isFile, let file else { throw .nothing }
        let name = String(decoding: file, as: UTF8.self)
        let ending = name.lastIndex(of: ".").map { String(name[name.index(after: $0)...]) }
        let interpreter = ending.flatMap { interpreters[$0] }
        guard interpreter != nil || facts.mode & 0o111 != 0 else { throw .notExecutable(name) }
        return CGIScript(file: file, interpreter: interpreter, path: path.split(count))
    }
}
