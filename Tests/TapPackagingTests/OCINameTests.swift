@testable import TapPackaging
import Taproom
import Testing

@Suite struct OCINameTests {
    @Test(arguments: [
        ("1.0", "1.0"), ("1.0-2", "1.0-2"), ("2.0~rc1+git5", "2.0-rc1-git5"), ("1.0--3~", "1.0-3"),
        (String(repeating: "1", count: 200), String(repeating: "1", count: 128)),
    ])
    func aTagHasWhatRegistriesTake(version: String, tag: String) {
        #expect(ImageName(name: "web", version: version).text == "web:" + tag)
    }

    @Test func aNameHasWordsWithOneSeparatorBetweenTwo() {
        for name in ["web", "taproom-web", "a.b-c1"] { #expect(ImageName.isName(name)) }
        for name in ["web+", "a--b", "a.-b", "web-", "web+2"] { #expect(!ImageName.isName(name)) }
    }

    @Test func refusesANameThatOnlyAPackageCanHave() throws {
        var request = request(name: "c++web")
        request.runner = .bundled(try BundledProgram("/bin/echo", finder: LibraryFinder()))
        let error = #expect(throws: PackagingError.self) { try OCIImage(request) }
        #expect(error == .invalid([.imageName("c++web")]))
        #expect(error?.description.hasSuffix("Give another name with --image, such as web.") == true)
    }

    @Test func theVersionInTheFileHasNoEpoch() throws {
        var request = request(version: "1:2.0~rc1")
        request.runner = .bundled(try BundledProgram("/bin/echo", finder: LibraryFinder()))
        let image = try OCIImage(request)
        #expect(image.fileName.hasPrefix("taproom-web_2.0~rc1_"))
        #expect(image.treeName == "taproom-web-2.0~rc1-oci")
    }

    @Test(
        arguments: [
            (nil, nil, "10001:10001"), ("www", "www", "10001:10001"), ("33", nil, "33:33"), ("www", "44", "10001:44"),
            ("root", nil, "0:0"),
        ] as [(String?, String?, String)])
    func accountsAreNumbers(user: String?, group: String?, text: String) {
        let request = request(user: user, group: group)
        #expect(ImageAccount(InstanceAccount(request)).text == text)
    }

    @Test func anAccountWithANameHasAnEntry() {
        let named = ImageAccount(InstanceAccount(request(user: "www", group: "data")))
        #expect(
            named.passwd(home: "/var/lib/web").hasSuffix("\nwww:x:10001:10001:www:/var/lib/web:/usr/sbin/nologin\n"))
        #expect(named.group == "root:x:0:\ndata:x:10001:\n")
        let numbered = ImageAccount(InstanceAccount(request(user: "33")))
        #expect(numbered.passwd(home: "/").split(separator: "\n").count == 1)
        #expect(numbered.group == "root:x:0:\n")
    }
}
