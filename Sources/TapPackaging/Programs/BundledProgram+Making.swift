import Glibc
import Taproom

extension BundledProgram {
    /// The program of this process: it has all tools and kinds that it has here.
    ///
    /// Throws `SystemCallError`, and ``PackagingError/program(path:problem:)`` when it can't run elsewhere.
    package static func running() throws -> BundledProgram {
        var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
        let count = readlink("/proc/self/exe", &buffer, buffer.count)
        guard count > 0, let path = String(validating: buffer[..<count], as: UTF8.self) else {
            throw SystemCallError("read /proc/self/exe")
        }
        return try BundledProgram(path, finder: .ofThisProcess())
    }

    /// A program of this machine, and what it needs.
    init(_ path: String, finder: LibraryFinder) throws {
        let file = try ELFFile(path)
        let libraries = try ProgramLibraries(of: file, finder: finder, takesSystem: false)
        let debian = DebianLibraries(of: libraries)
        self.init(
            path: path, architecture: try file.architecture, debianDependencies: debian.dependencies,
            libraryNames: Self.rpmNames(of: libraries), unknownLibraries: debian.unknown, ownLibraries: libraries.own)
    }

    /// As rpm's find-requires writes them, for libraries of 64 bits.
    private static func rpmNames(of libraries: ProgramLibraries) -> [String] {
        libraries.systemNames.flatMap { name in
            ([""] + libraries.versions(of: name)).map { "\(name)(\($0))(64bit)" }
        }
    }
}
