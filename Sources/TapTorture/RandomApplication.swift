import TapData
import TapTesting
import Taproom

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
