@testable import TapPackaging
import Taproom
import Testing

@Suite struct RPMRelationsTests {
    @Test(.enabled(if: isInstalled("rpm"))) func needsTheRunnerAndWhatTheScriptsCall() throws {
        var request = request()
        request.depends = ["php-fpm (>= 8.2), perl(Socket)", "nginx"]
        try withRPM(request) { package throws in
            #expect(
                try Set(package.lines("--requires")) == [
                    "/bin/sh", "/usr/bin/getent", "/usr/bin/setpriv", "/usr/sbin/groupadd", "/usr/sbin/useradd",
                    "config(taproom-web) = 1.0-1", "coreutils", "findutils", "nginx", "perl(Socket)", "php-fpm >= 8.2",
                    "rpmlib(CompressedFileNames) <= 3.0.4-1", "rpmlib(FileDigests) <= 4.6.0-1",
                    "rpmlib(PayloadFilesHavePrefix) <= 4.0-1", "taproom >= 0.1",
                ])
        }
    }

    @Test(.enabled(if: isInstalled("rpm"))) func asksRpmForWhatItMustBeAbleToDo() throws {
        var request = request(version: "1.0~rc1")
        request.compression = .zstd
        try withRPM(request) { package throws in
            let requires = try package.lines("--requires")
            #expect(requires.contains("rpmlib(PayloadIsZstd) <= 5.4.18-1"))
            #expect(requires.contains("rpmlib(TildeInVersions) <= 4.10.0-1"))
        }
    }

    /// "Users and Groups" of rpm's manual: the line for systemd-sysusers, with zeros to a multiple of three.
    @Test(.enabled(if: isInstalled("rpm"))) func tellsNewRpmsOfTheAccount() throws {
        try withRPM(request(user: "ada", group: "staff")) { package throws in
            let provides = try package.lines("--provides")
            let user = try #require(provides.first { $0.hasPrefix("user(ada) = ") }).dropFirst("user(ada) = ".count)
            let line = try run("sh", "-c", "printf %s '\(user)' | base64 -d | tr -d '\\0'").output
            #expect(line == "u ada -:staff \"Taproom application taproom-web\" /var/lib/taproom-web")
            #expect(provides.contains("group(staff) = ZyBzdGFmZiAt"))
        }
        try withRPM(request(user: "ada")) { package throws in
            #expect(try package.lines("--provides").contains("group(ada)"))
        }
        try withRPM(request(user: "33")) { package throws in
            #expect(try !package.lines("--provides").contains { $0.hasPrefix("user(") || $0.hasPrefix("group(") })
            #expect(try !package.lines("--requires").contains { $0.hasPrefix("/usr/sbin/") })
        }
    }

    @Test(arguments: [
        ("a", "a"), ("a >= 1", "a >= 1"), ("a>=1", nil), ("a (>= 1.2~x)", "a >= 1.2~x"), ("a << 1", "a < 1"),
        ("a (= 1:2-3)", "a = 1:2-3"), ("/usr/bin/php", "/usr/bin/php"), ("lib.so()(64bit)", "lib.so()(64bit)"),
        ("a b", nil), ("a | b", nil), ("a >= ", nil), ("(a or b)", nil), ("", nil), ("a >= 1 x!", nil), ("-a", nil),
    ])
    func readsDependenciesOfBothKinds(text: String, meaning: String?) {
        #expect(RPMDependency(Substring(text))?.text == meaning)
    }

    @Test(arguments: ["a |b", "a,,b", "a,"]) func refusesWhatIsNoListOfDependencies(text: String) throws {
        var request = request()
        request.depends = [text]
        #expect(throws: PackagingError.invalid([.dependsOfRPM(text)])) { try RPMPackage(request) }
    }

    @Test(
        arguments: [
            ("1.0", nil, "1.0", "1"), ("1:2.0-3", 1, "2.0", "3"), ("0:1~rc1+git", 0, "1~rc1+git", "1"),
            ("1.0-0ubuntu1~3", nil, "1.0", "0ubuntu1~3"),
        ] as [(String, UInt32?, String, String)])
    func versionsHaveThreeParts(text: String, epoch: UInt32?, version: String, release: String) throws {
        let parts = try #require(RPMVersion(text))
        #expect((parts.epoch, parts.version, parts.release) == (epoch, version, release))
    }

    @Test(arguments: ["1.0-rc1-2", "2:1:2-3"]) func refusesVersionsThatOnlyDebianHas(version: String) throws {
        let error = try #require(throws: PackagingError.self) { try RPMPackage(request(version: version)) }
        #expect(
            error.description == """
                the version in an rpm can have one "-" before the release, and one ":" behind the epoch, but is \
                "\(version)". Give a version such as 1.0, 1.0-2 or 1:1.0 with --set-version.
                """)
        #expect(error.exitStatus == .usage)
        _ = try DebianPackage(request(version: version))
    }

    @Test func refusesDatesThatOnlyDebianHas() throws {
        let date = Int(UInt32.max) + 1
        #expect(throws: PackagingError.invalid([.dateOfRPM(date)])) { try RPMPackage(request(date: date)) }
        #expect(throws: PackagingError.invalid([.date(-1)])) { try RPMPackage(request(date: -1)) }
        _ = try RPMPackage(request(date: date - 1))
    }

    @Test func aMistakeForAllFormatsIsSaidOnce() throws {
        #expect(throws: PackagingError.invalid([.version("x")])) { try RPMPackage(request(version: "x")) }
    }
}
