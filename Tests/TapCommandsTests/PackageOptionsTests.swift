import ArgumentParser
import Testing

@testable import TapCommands

@Suite struct PackageOptionsTests {
    @Test(arguments: [
        ("-e", "--encrypted"), ("-t a.tap -e", "-t a.tap --encrypted"), ("-e -t a.tap", "--encrypted -t a.tap"),
        ("-e -e Pages", "--encrypted -e Pages"), ("-e Pages -e", "-e Pages --encrypted"), ("-e Pages", "-e Pages"),
        ("-e=Pages", "-e=Pages"), ("-e -", "-e -"), ("", ""),
    ])
    func withoutATextItMeansThatTheTapIsEncrypted(_ typed: String, _ meant: String) {
        let words = typed.split(separator: " ").map(String.init)
        #expect(PackageOptions.words(words).joined(separator: " ") == meant)
    }

    @Test(arguments: [
        ["--unit", "web"], ["--section", "web"], ["--bind-low-ports"], ["--depends", "php-fpm"],
    ])
    func anImageHasNoUseForWhatSystemsAreTold(_ words: [String]) throws {
        let arguments = try Tap2oci.Arguments.read(["-t", "web.tap"] + words)
        #expect(arguments.system.problemInImage?.contains("(\(words[0]))") == true)
        #expect(!Tap2oci.Arguments.helpMessage().contains(words[0]))
        #expect(Tap2deb.Arguments.helpMessage().contains(words[0]))
    }

    @Test func anImageIsMadeWithoutThem() throws {
        #expect(try Tap2oci.Arguments.read(["-t", "web.tap"]).system.problemInImage == nil)
    }
}
