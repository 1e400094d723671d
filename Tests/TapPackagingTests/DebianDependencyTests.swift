@testable import TapPackaging
import Testing

/// What `--depends` takes is what dpkg reads.
@Suite struct DebianDependencyTests {
    private func isReadByDpkg(_ text: String) throws -> Bool {
        var isRead = false
        try withTemporaryFolder { folder in
            try Disk.makeFolder(folder + "/tree/DEBIAN")
            let control = """
                Package: x
                Version: 1
                Architecture: all
                Maintainer: Ada Lovelace <ada@example.com>
                Description: x
                Depends: \(text)

                """
            try Disk.renew(folder + "/tree/DEBIAN/control", mode: 0o644, content: Array(control.utf8))
            isRead = try run("dpkg-deb", "-b", folder + "/tree", folder + "/x.deb").status == 0
        }
        return isRead
    }

    @Test(arguments: [
        "php-fpm", "php-fpm (>= 8.2)", "a1(>=1.0)", "aa, bb", "aa|bb (<< 2:1.0-1) , cc", "perl:any (= 5.36~rc1)",
        "aa ( >> 1 )", "libstdc++6",
    ])
    func packagesAreRead(_ text: String) throws {
        #expect(DebianDependency.isList(text))
        #expect(try isReadByDpkg(text))
    }

    @Test(arguments: [
        "a b", "A_B", "aa (1.0)", "aa (>= )", "aa (>= a1)", "aa (>= 1.0", "aa >= 1.0", "aa (>= 1 0)", "aa (>= 1) bb",
        "aa,,bb", "aa,", "|aa", "(>= 1)", "perl: (>= 1)", "aa ((>= 1))", "aa (=> 1)",
    ])
    func allElseIsRefused(_ text: String) throws {
        #expect(!DebianDependency.isList(text))
        var request = request()
        request.depends = [text]
        #expect(throws: PackagingError.invalid([.dependsOfDebian(text)])) { try DebianPackage(request) }
    }
}
