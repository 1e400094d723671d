import TapData
import Testing

@testable import TapForeign

/// Texts of a manifest with settings in them.
struct FilledTextTests {
    private func texts(_ text: String) -> [String] {
        FilledText(text).texts { key in
            switch key {
            case "root": "/srv"
            case "limits.clients": .integer(10)
            case "names": ["a", "b"]
            case "none": .null
            default: .bool(true)
            }
        }
    }

    @Test(
        arguments: [
            ("plain", ["plain"]), ("", [""]), ("{root}", ["/srv"]), ("--root={root}/x", ["--root=/srv/x"]),
            ("{limits.clients}", ["10"]), ("{names}", ["a", "b"]), ("-n {names}", ["-n a,b"]), ("{none}", []),
            ("x{none}", ["x"]), ("{\"a\": 1}", ["{\"a\": 1}"]), ("{root", ["{root"]), ("{{root}}", ["{/srv}"]),
        ] as [(String, [String])])
    func settingsTakeTheirPlaces(_ text: String, _ expected: [String]) { #expect(texts(text) == expected) }
}
