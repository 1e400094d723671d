import NIOCore
import TapData
import Taproom
import Testing

@testable import TapWeb

struct ProgramSettingsTests {
    @Test func cgiNeedsAFolderOrAProgram() {
        var settings = CGISettings()
        #expect(settings.problems("cgi.").map(\.key) == ["cgi.folder"])
        settings.folder = LocalPath("/srv/cgi")
        #expect(settings.problems("cgi.").isEmpty)
        settings.program = LocalPath("/srv/program")
        #expect(settings.problems("cgi.") == [SettingProblem("cgi.folder", "can't stand beside program")])
    }

    @Test func cgiRefusesWhatCanNotBe() {
        var settings = CGISettings()
        settings.folder = LocalPath("/srv/cgi")
        settings.environment = ["A=B": "", "": "", "C": "\0", "D": "fine"]
        settings.interpreters = [".php": LocalPath("/usr/bin/php-cgi")]
        settings.programs = 0
        settings.timeout = TimeSpan(milliseconds: 1)
        #expect(
            settings.problems("").map(\.key).sorted()
                == ["environment", "environment", "environment", "interpreters", "programs", "timeout"])
    }

    @Test(arguments: [
        ("unix:/run/php.sock", FastCGIAddress.unix(path: "/run/php.sock")),
        ("tcp:127.0.0.1:9000", .tcp(host: "127.0.0.1", port: 9000)),
        ("php:9000", .tcp(host: "php", port: 9000)), ("[::1]:9000", .tcp(host: "::1", port: 9000)),
    ]) func readsAddresses(text: String, address: FastCGIAddress) {
        #expect(FastCGIAddress(text) == address)
        #expect(FastCGIAddress(address.description) == address)
    }

    @Test(arguments: [
        "", "unix:", "unix:run", "tcp:", "tcp:a", "a:0", "a:65536", ":9000", "::1:9000", "a b:1", "http://a:1", "[]:1",
    ])
    func refusesAddresses(text: String) { #expect(FastCGIAddress(text) == nil) }

    @Test func fastCGINeedsAServer() {
        var settings = FastCGISettings()
        #expect(settings.problems("fastcgi.").map(\.key) == ["fastcgi.to"])
        settings.to = ["unix:/run/php.sock"]
        #expect(settings.problems("").isEmpty)
        settings.fallback = "index.php"
        #expect(settings.problems("").map(\.key) == ["fallback"])
        settings.root = LocalPath("/srv/www")
        #expect(settings.problems("").isEmpty)
        (settings.fallback, settings.index, settings.split, settings.rootThere) = (
            "../x.php", "index.html", "php", "www"
        )
        #expect(settings.problems("").map(\.key) == ["rootThere", "split", "index", "fallback"])
    }

    @Test func settingsSurviveStoring() throws {
        var cgi = CGISettings()
        cgi.folder = LocalPath("/srv/cgi")
        cgi.interpreters = ["php": LocalPath("/usr/bin/php-cgi")]
        cgi.memory = ByteCount(bytes: 1 << 30)
        #expect(try DatumDecoder().decode(CGISettings.self, from: DatumEncoder().encode(cgi)) == cgi)
        var fastCGI = FastCGISettings()
        fastCGI.to = ["php:9000", "unix:/run/php.sock"]
        fastCGI.keep = 3
        #expect(try DatumDecoder().decode(FastCGISettings.self, from: DatumEncoder().encode(fastCGI)) == fastCGI)
    }
}
