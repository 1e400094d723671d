/// The shared libraries of a program, each with what it needs itself.
struct ProgramLibraries {
    /// A library on this machine.
    struct Library {
        let path: String
        /// Whether every machine with the right packages has it: it is not put beside the program.
        let isOfSystem: Bool
    }

    /// The libraries by their names.
    private(set) var all: [String: Library] = [:]
    /// What the program and the libraries of its own need of the system.
    private(set) var needs: [ELFNeeds] = []
    private let finder: LibraryFinder

    /// Looks them up.
    ///
    /// - Parameters:
    ///   - program: whose libraries they are.
    ///   - finder: where they are.
    ///   - takesSystem: whether libraries of the system are to be found too, with all that they need in turn.
    /// - Throws: ``PackagingError/program(path:problem:)`` for a library that is missing or would not be found where it
    ///   is put, and `SystemCallError`.
    init(of program: ELFFile, finder: LibraryFinder, takesSystem: Bool) throws {
        self.finder = finder
        try add(librariesOf: program, isOwn: true, takesSystem)
    }

    private mutating func add(librariesOf file: ELFFile, isOwn: Bool, _ takesSystem: Bool) throws {
        let needs = try ELFNeeds(of: file)
        if isOwn { self.needs.append(needs) }
        for name in needs.libraries {
            // A path would be looked for on another machine as it is.
            guard !name.isEmpty, !name.contains("/") else {
                throw PackagingError.program(path: file.path, problem: .elsewhere(library: name))
            }
            guard let path = finder.path(of: name, for: file, needs) else {
                // Somebody else's machine may have it.
                guard takesSystem else { continue }
                throw PackagingError.program(path: file.path, problem: .missing(library: name))
            }
            let isOfSystem = finder.isOfSystem(path, machine: file.machine)
            guard isOfSystem || needs.findsLibrariesBesideIt else {
                throw PackagingError.program(path: file.path, problem: .elsewhere(library: name))
            }
            guard all[name] == nil, !isOfSystem || takesSystem else { continue }
            all[name] = Library(path: path, isOfSystem: isOfSystem)
            try add(librariesOf: ELFFile(path), isOwn: !isOfSystem, takesSystem)
        }
    }

    /// The libraries that are put beside the program: names and files.
    var own: [String: String] { all.filter { !$0.value.isOfSystem }.mapValues(\.path) }

    /// The names of the libraries that the system is asked for.
    var systemNames: [String] {
        Set(needs.flatMap(\.libraries)).filter { all[$0]?.isOfSystem ?? true }.sorted()
    }

    /// The versions that are needed of a library of the system.
    func versions(of name: String) -> [String] { Set(needs.flatMap { $0.versions[name] ?? [] }).sorted() }
}
