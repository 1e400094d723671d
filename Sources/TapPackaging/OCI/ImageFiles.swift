import Taproom

/// The file system of an image: the application, its program, and the little of a system that the program needs.
struct ImageFiles {
    let places: InstancePlaces
    let request: PackageRequest
    let account: ImageAccount
    let finder: LibraryFinder

    /// All of it.
    ///
    /// Throws what is wrong with the program and its libraries.
    func all() throws -> [PackageFile] {
        // First, for a folder that is given later is the one that is made for what is in it.
        var files = folders
        let instance = InstanceFiles(places: places, request: request, unitFolder: "")
        files += try instance.application().filter { $0.path != places.description }
        files += [
            PackageFile(
                places.description,
                text: LocalDescription(places: places, reload: "The signal SIGHUP", manual: nil).text),
            PackageFile("/etc/passwd", text: account.passwd(home: places.state)),
            PackageFile("/etc/group", text: account.group),
            // Without it the C library would ask for services that are not here (nsswitch.conf(5)).
            PackageFile("/etc/nsswitch.conf", text: "passwd: files\ngroup: files\nhosts: files dns\n"),
            PackageFile(places.documentation + "/copyright", text: copyright),
        ]
        return try files + system()
    }

    /// The folders that the application writes to.
    private var folders: [PackageFile] {
        let owner = account.owner
        let sockets = request.endpoints.compactMap(\.socketPath).map {
            "/" + $0.split(separator: "/").dropLast().joined(separator: "/")
        }
        return [
            PackageFile("/tmp", mode: 0o1777, .folder),
            PackageFile(places.state, mode: 0o700, .folder, owner: owner),
            PackageFile("/var/log/" + places.package, mode: 0o750, .folder, owner: owner),
        ] + Set(sockets).sorted().map { PackageFile($0, mode: 0o755, .folder, owner: owner) }
    }

    /// The loader and the libraries of this machine that the program needs.
    ///
    /// All lie in the folder of the C library, where the loader looks without being told.
    private func system() throws -> [PackageFile] {
        guard case .bundled(let program) = request.runner else { return [] }
        let file = try ELFFile(program.path)
        let libraries = try ProgramLibraries(of: file, finder: finder, takesSystem: true).all.filter(\.value.isOfSystem)
        var files: [PackageFile] = []
        let loader = try file.interpreter
        if let loader {
            guard let path = finder.loader(loader) else {
                throw PackagingError.program(path: program.path, problem: .missing(library: loader))
            }
            files.append(PackageFile(loader, mode: 0o755, .file(path)))
        }
        let folder = (libraries["libc.so.6"]?.path ?? "/usr/lib/").split(separator: "/").dropLast().joined(
            separator: "/")
        for (name, library) in libraries where loader?.hasSuffix("/" + name) != true {
            files.append(PackageFile("/\(folder)/\(name)", .file(library.path)))
        }
        return files
    }

    private var copyright: String {
        DebianDocuments(places: places, request: request).copyright + """

            The loader and the shared libraries in the image were copied from the machine on which it was made. Each has
            terms of its own: GNU libc and its loader the LGPL, version 2.1 or later; libstdc++ and libgcc the GPL,
            version 3, with the GCC Runtime Library Exception. Your distribution says where their sources are.

            """
    }
}
