/// A file of a package, owned by root.
package struct PackageFile: Sendable, Equatable {
    /// The path on the machine where it is installed, beginning with /.
    package let path: String
    /// The permissions: 0o644, or 0o755 for programs.
    package let mode: UInt16
    package let content: [UInt8]

    package init(_ path: String, mode: UInt16 = 0o644, content: [UInt8]) {
        precondition(path.hasPrefix("/") && !path.hasSuffix("/"), "the path of a file is absolute")
        self.path = path
        self.mode = mode
        self.content = content
    }

    package init(_ path: String, mode: UInt16 = 0o644, text: String) {
        self.init(path, mode: mode, content: Array(text.utf8))
    }
}

extension [PackageFile] {
    /// The folders above the files, each before what is in it, without the root.
    var folders: [String] {
        var folders: Set<String> = []
        for file in self {
            var folder = file.path[...]
            while let slash = folder.lastIndex(of: "/"), slash > folder.startIndex {
                folder = folder[..<slash]
                folders.insert(String(folder))
            }
        }
        return folders.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }
}
