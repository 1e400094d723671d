import Glibc
import Taproom

/// Where shared libraries are on this machine, as the loader finds them (ld.so(8)).
struct LibraryFinder {
    /// The files of libraries by their names: those that a process has loaded.
    private let loaded: [String: String]

    init(loaded: [String: String] = [:]) { self.loaded = loaded }

    /// The libraries that this process has loaded (proc_pid_maps(5)).
    static func ofThisProcess() throws -> LibraryFinder {
        var bytes: [UInt8] = []
        try Disk.read("/proc/self/maps") { bytes.append(contentsOf: $0) }
        // A path is the sixth word of a line and may have spaces; what is mapped several times stands there several times.
        let paths = bytes.split(separator: UInt8(ascii: "\n")).compactMap { line in
            line.firstIndex(of: UInt8(ascii: "/")).flatMap { String(validating: line[$0...], as: UTF8.self) }
        }
        var loaded: [String: String] = [:]
        for path in Set(paths).sorted() {
            // Other files are mapped too.
            guard let file = try? ELFFile(path), let name = try? ELFNeeds(of: file).name else { continue }
            loaded[name] = path
        }
        return LibraryFinder(loaded: loaded)
    }

    /// The file of a library that another file needs; nil: there is none.
    func path(of name: String, for file: ELFFile, _ needs: ELFNeeds) -> String? {
        if let path = loaded[name] { return path }
        let folder = file.path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
        let runPath = needs.runPath.map {
            $0.replacing("${ORIGIN}", with: folder).replacing("$ORIGIN", with: folder)
        }
        for folder in runPath + Self.folders(machine: file.machine) {
            // A library for another machine may have the same name.
            let path = "\(folder)/\(name)"
            if let found = try? ELFFile(path), found.machine == file.machine { return real(path) }
        }
        return nil
    }

    /// The file of the program that loads others, by the path that they give; nil: there is none.
    func loader(_ path: String) -> String? {
        let isWhole = path.hasPrefix("/") && !path.hasSuffix("/") && !path.split(separator: "/").contains("..")
        return isWhole ? real(path) : nil
    }

    /// Whether a library belongs to the system: the loader finds it without being told where.
    func isOfSystem(_ path: String, machine: UInt16) -> Bool {
        let folder = path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
        return Self.folders(machine: machine).contains { $0 == folder || real($0) == folder }
    }

    private func real(_ path: String) -> String? {
        guard let real = realpath(path, nil) else { return nil }
        defer { free(real) }
        return String(cString: real)
    }

    /// Where every loader looks, in Debian's and in other distributions' ways.
    private static func folders(machine: UInt16) -> [String] {
        let triplet = machine == 183 ? "aarch64-linux-gnu" : "x86_64-linux-gnu"
        return ["/lib/\(triplet)", "/usr/lib/\(triplet)", "/lib64", "/usr/lib64", "/lib", "/usr/lib"]
    }
}
