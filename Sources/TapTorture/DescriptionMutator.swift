import TapConfig
import TapData
import TapTesting
import Taproom

/// Descriptions that are nearly right.
struct DescriptionMutator {
    /// The sample, as people begin with it, and one that says everything there is to say.
    private static let samples = [
        """
        # The sample site as a description.
        taproom: 1
        name: site
        services:
          - name: web
            kind: web
            listen: tcp:8080:interface=127.0.0.1   # this machine only
            static: site
        """,
        """
        taproom: 1
        name: "all-of_it"
        user: www-data
        group: 33
        services:
          - {name: one, kind: web, listen: [tcp:80, 'tcp:443:interface=::1', unix:/run/a.sock], enabled: false}
          - name: two
            kind: web
            restart: {policy: onFailure, within: 10s, atMost: 5}
            static: /srv/www
            index: [index.html, "index.htm"]
            listing: true
            symlinks: never
            defaultType: text/plain
            types: {mjs: text/javascript, "7z": application/x-7z-compressed}
            limits:
              header: 0x4000
              idle: 1h
              request: 500ms
          - kind: greeter
            greeting: "caf\\u00e9 \\U0001F600 \\x41"
            folder: ~
            limits: {clients: 0o17, wait: 1.5s}
        """,
    ]

    private static let words = [
        "taproom", "name", "user", "group", "services", "kind", "enabled", "restart", "policy", "within", "atMost",
        "web",
        "greeter", "listen", "static", "tcp:0", "unix:/a", "systemd:x", "null", "~", "true", "no", "1", "-1", "0",
        "1e400",
        "9223372036854775807", "9223372036854775808", "-9223372036854775809", "0x7fffffffffffffff", "1e308", ".5",
        "-0.0",
        "\"\"", "''", "[]", "{}", "---", "...", "&a", "*a", "!!str", "<<", "|", ">", "- ", ": ", "? ", "# ", "\t",
        "\u{FEFF}",
        "\u{85}", "\u{2028}", "e\u{301}", "é", "\\u0000", "\0", "%YAML 1.2", "@", "`", "10s", "1000000000d", "limits",
        "types",
    ]

    private var random: SeededGenerator

    init(seed: UInt64) { random = SeededGenerator(seed: seed) }

    /// A text, and whether it may be no UTF-8.
    mutating func next() -> String {
        var text = base()
        for _ in 0..<random.next(below: 5) { mutate(&text) }
        return String(decoding: text, as: UTF8.self)
    }

    private mutating func base() -> [UInt8] {
        switch random.next(below: 10) {
        case 0: return Array(nested().utf8)
        case 1...4: return Array(Self.samples[random.next(below: Self.samples.count)].utf8)
        default:
            let application = RandomApplication.next(&random)
            return Array(
                (random.next(below: 2) == 0 ? Description.yaml(of: application) : Description.json(of: application))
                    .utf8)
        }
    }

    private mutating func nested() -> String {
        let depth = [2, 20, 126, 127, 128, 129, 1000, 20_000][random.next(below: 8)]
        let (opening, closing) = [("[", "]"), ("{\"a\":", "}"), ("- ", ""), ("? ", ""), ("a:\n ", "")][
            random.next(below: 5)]
        let value = String(repeating: opening, count: depth) + "1" + String(repeating: closing, count: depth)
        return ["", "taproom: 1\nservices: ", "{\"taproom\": 1, \"services\": "][random.next(below: 3)] + value
    }

    private mutating func mutate(_ text: inout [UInt8]) {
        guard !text.isEmpty else { return }
        let place = random.next(below: text.count)
        let end = min(text.count, place + random.next(below: 12))
        switch random.next(below: 9) {
        case 0: text[place] ^= 1 << UInt8(random.next(below: 8))
        case 1: text[place] = UInt8(truncatingIfNeeded: random.next())
        case 2: text.removeSubrange(place...)
        case 3: text.removeSubrange(place..<end)
        case 4: text.insert(contentsOf: text[place..<end], at: random.next(below: text.count))
        case 5: text.replaceSubrange(place..<end, with: word())
        case 6: text.insert(contentsOf: word(), at: place)
        case 7: swapLines(&text)
        default:
            let digits = String(repeating: "9", count: 1 + random.next(below: 400))
            text.insert(contentsOf: digits.utf8, at: place)
        }
    }

    private mutating func word() -> String.UTF8View { Self.words[random.next(below: Self.words.count)].utf8 }

    private mutating func swapLines(_ text: inout [UInt8]) {
        var lines = text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        let (one, other) = (random.next(below: lines.count), random.next(below: lines.count))
        if random.next(below: 2) == 0 { lines.swapAt(one, other) } else { lines.insert(lines[one], at: other) }
        text = Array(lines.joined(separator: [UInt8(ascii: "\n")]))
    }
}

/// Applications that are right.
enum RandomApplication {
    /// An application that follows from a generator.
    static func next(_ random: inout SeededGenerator) -> Application {
        var application = Application(name: "a\(random.next(below: 100))")
        if random.next(below: 3) == 0 { application.user = ["ada", "33", "www-data"][random.next(below: 3)] }
        if random.next(below: 3) == 0 { application.group = "staff" }
        application.services = (0..<random.next(below: 4)).map { number in
            var service = ServiceDefinition(name: "s\(number)", kind: "greeter")
            service.isEnabled = random.next(below: 4) > 0
            if random.next(below: 4) == 0 { service.restart.policy = .always }
            service.settings = ["greeting": .string(text(&random))]
            if random.next(below: 2) == 0 { service.settings["folder"] = .string("/srv/" + text(&random)) }
            if random.next(below: 2) == 0 {
                service.settings["limits"] = .object(["clients": .integer(Int64(1 + random.next(below: 1000)))])
            }
            return service
        }
        return application
    }

    private static func text(_ random: inout SeededGenerator) -> String {
        let characters = Array("ab 1\"'\\:#-\t\né\u{301}☃😀\u{7F}\u{85}\u{2028}{}[],&*!|>%@`~=<?.\u{0}\r\u{FEFF}")
        return String((0..<random.next(below: 12)).map { _ in characters[random.next(below: characters.count)] })
    }
}
