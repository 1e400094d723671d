import TapConfig
import TapPages
import TapTesting
import Taproom
import Testing

@testable import TapCommands

/// Descriptions in files, and those that they extend.
@Suite struct DescriptionFileTests {
    private let folder: TemporaryFolder
    private var passphrase: PassphraseOptions {
        var options = PassphraseOptions.none
        options.passphraseFile = folder["passphrase"]
        return options
    }

    init() throws {
        folder = try TemporaryFolder()
        try folder.write("open sesame\n", to: "passphrase")
        try folder.write("taproom: 1\nservices: []\n", to: "seed.yaml")
    }

    @Test func theTextOfBothIsOne() throws {
        try folder.write("extends: seed.yaml", to: "site.yaml")
        let file = try DescriptionFile(folder["site.yaml"], passphrase)
        #expect(file.text == "extends: seed.yaml\n---\ntaproom: 1\nservices: []\n")
        #expect(file.texts.own == "extends: seed.yaml")
    }

    @Test func anEncryptedOneExtendsOneInTheClear() throws {
        try folder.write(SealedText.seal("extends: seed.yaml\n", passphrase: "open sesame"), to: "site.yaml")
        let file = try DescriptionFile(folder["site.yaml"], passphrase)
        #expect(file.text == "extends: seed.yaml\n---\ntaproom: 1\nservices: []\n")
        #expect(file.passphrase == "open sesame")
    }

    @Test func anEncryptedOneIsNotExtended() throws {
        try folder.write(SealedText.seal("taproom: 1\n", passphrase: "open sesame"), to: "seed.yaml")
        try folder.write("extends: seed.yaml\n", to: "site.yaml")
        let error = #expect(throws: (any Error).self) { try DescriptionFile(folder["site.yaml"], passphrase) }
        let places = "\(folder["site.yaml"]): the description that it extends is encrypted: \(folder["seed.yaml"])"
        #expect(error.map { "\($0)" } == places)
    }

    @Test func oneThatExtendsItselfIsRefused() throws {
        try folder.write("taproom: 1\nextends: site.yaml\n", to: "site.yaml")
        let file = try DescriptionFile(folder["site.yaml"], passphrase)
        #expect(throws: DescriptionError.self) {
            try DescriptionReader.read(file.text, file: "site.yaml", folder: nil, kinds: KindList([]))
        }
    }
}
