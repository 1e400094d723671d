@testable import TapPackaging
import Taproom
import Testing

@Suite struct ELFBundleTests {
    private func bundle(_ text: ELFText, libraries: [String: ELFText] = [:]) throws -> BundledProgram {
        var bundle: BundledProgram?
        try withTemporaryFolder { folder in
            try write(text.bytes, to: folder + "/program", mode: 0o755)
            for (name, library) in libraries { try write(library.bytes, to: "\(folder)/\(name)") }
            let loaded = Dictionary(uniqueKeysWithValues: libraries.keys.map { ($0, "\(folder)/\($0)") })
            bundle = try BundledProgram(folder + "/program", finder: LibraryFinder(loaded: loaded))
        }
        return try #require(bundle)
    }

    @Test func asksDebianForTheHighestVersionOfSymbols() throws {
        var text = ELFText(needed: ["libsqlite3.so.0", "libm.so.6", "libstdc++.so.6", "libc.so.6"])
        text.versions = [
            ("libm.so.6", ["GLIBC_2.9", "GLIBC_2.29"]), ("libc.so.6", ["GLIBC_2.17", "GLIBC_2.4"]),
            ("libstdc++.so.6", ["CXXABI_1.3", "GLIBCXX_3.4.9", "GLIBCXX_3.4.30"]),
        ]
        let bundle = try bundle(text)
        #expect(bundle.debianDependencies == ["libc6 (>= 2.29)", "libsqlite3-0 (>= 3.36)", "libstdc++6 (>= 12)"])
        #expect(bundle.architecture == .x86)
    }

    @Test func shortRelocationsAskForTheLibraryThatReadsThem() throws {
        var text = ELFText(machine: 183, needed: ["libc.so.6"])
        text.versions = [("libc.so.6", ["GLIBC_2.17", "GLIBC_ABI_DT_RELR"])]
        let bundle = try bundle(text)
        #expect(bundle.debianDependencies == ["libc6 (>= 2.36)"])
        #expect(bundle.architecture == .arm)
    }

    @Test func namesLibrariesAsRPMDoes() throws {
        var text = ELFText(needed: ["libz.so.1", "libc.so.6"])
        text.versions = [("libc.so.6", ["GLIBC_2.34", "GLIBC_2.2.5"])]
        #expect(
            try bundle(text).libraryNames == [
                "libc.so.6()(64bit)", "libc.so.6(GLIBC_2.2.5)(64bit)", "libc.so.6(GLIBC_2.34)(64bit)",
                "libz.so.1()(64bit)",
            ])
    }

    @Test func takesLibrariesAlongThatNoSystemHas() throws {
        let bundle = try bundle(
            ELFText(needed: ["libown.so", "libc.so.6"], runPath: "$ORIGIN"),
            libraries: [
                "libown.so": ELFText(name: "libown.so", needed: ["libother.so", "libz.so.1"], runPath: "${ORIGIN}"),
                "libother.so": ELFText(name: "libother.so", needed: ["libown.so"], runPath: "$ORIGIN"),
            ])
        #expect(bundle.ownLibraries.keys.sorted() == ["libother.so", "libown.so"])
        #expect(bundle.debianDependencies == ["libc6", "zlib1g (>= 1:1.2.0)"])
        #expect(bundle.libraryNames == ["libc.so.6()(64bit)", "libz.so.1()(64bit)"])
    }

    @Test func refusesLibrariesThatWouldNotBeFound() throws {
        let error = #expect(throws: PackagingError.self) {
            try bundle(
                ELFText(needed: ["libown.so"], runPath: "/opt/lib"),
                libraries: ["libown.so": ELFText(name: "libown.so")])
        }
        #expect(error?.description.contains("/program needs libown.so, which no system has") == true)
        #expect(error?.advice == "Build it with: swift build -c release --static-swift-stdlib")
        #expect(error?.exitStatus == .configuration)
    }

    @Test func aLibraryThatNobodyKnowsIsNamedByAPackage() throws {
        var request = request()
        request.runner = .bundled(try bundle(ELFText(needed: ["libodd.so.3", "libc.so.6"])))
        let error = #expect(throws: PackagingError.self) { try DebianPackage(request) }
        #expect(
            error?.description == """
                the program needs libodd.so.3, and which package has it is not known. Name the package with --depends.
                """)
        request.depends = ["libodd3"]
        guard case .bundled(var program) = request.runner else { return }
        program.path = "/bin/echo"
        request.runner = .bundled(program)
        let package = try DebianPackage(request)
        #expect(package.fileName == "taproom-web_1.0_amd64.deb")
        #expect(try package.text("/DEBIAN/control")?.contains(", libc6, libodd3\n") == true)
    }

    @Test func theProgramStandsUnderTheNamesOfItsTools() throws {
        var request = request()
        request.runner = .bundled(try BundledProgram("/bin/echo", finder: LibraryFinder()))
        let files = try DebianPackage(request).files.filter { $0.path.hasPrefix("/usr/lib/taproom-web/") }
        #expect(files.map(\.path).sorted() == ["mktap", "tapctl", "tapd"].map { "/usr/lib/taproom-web/" + $0 })
        #expect(files.first { $0.path.hasSuffix("/tapctl") }?.content == .link(to: "tapd"))
        #expect(files.first { $0.path.hasSuffix("/tapd") }?.mode == 0o755)
    }

    @Test func thisProgramHasLibrariesOnThisMachine() throws {
        let finder = try LibraryFinder.ofThisProcess()
        let file = try ELFFile("/bin/ls")
        let path = try #require(finder.path(of: "libc.so.6", for: file, ELFNeeds(of: file)))
        #expect(finder.isOfSystem(path, machine: file.machine))
        let libraries = try ProgramLibraries(of: file, finder: finder, takesSystem: true)
        #expect(libraries.own.isEmpty)
        let listed = try run("ldd", "/bin/ls").output
        for name in libraries.all.keys { #expect(listed.contains(name)) }
    }
}
