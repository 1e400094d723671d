import TapConfig
import TapData
import Taproom
import TapTesting

/// Changes of an application as they happen at run time, at random.
struct RandomChanges {
    private var random: SeededGenerator
    private var names = 0

    init(seed: UInt64) { random = SeededGenerator(seed: seed) }

    private static let texts = [
        "", "Hi", "yes", "123", "null", "a: b", "a #b", "it's", "\"quoted\"", " spaces ", "two\nlines", "ends\n",
        "Grüß Gott 😀", "[a", "{a}", "- a", "*a", "&a", "!a", "tab\there", "a, b", "comma,", "\\n", "\u{85}", "a\r\nb",
        "long " + String(repeating: "word ", count: 40) + "end", "0x10", "1e3", "~", "---", "...", "<<", "?", "a:", "'",
        "%",
    ]

    /// The application after some changes.
    mutating func changed(_ application: Application) -> Application {
        var application = application
        for _ in 0...random.next(below: 4) {
            switch random.next(below: 10) {
            case 0: changeHead(&application)
            case 1...2: arrange(&application.services)
            default: change(&application.services)
            }
        }
        return application
    }

    private mutating func changeHead(_ application: inout Application) {
        let accounts = [nil, "www-data", "33", "0", "no", "1e3"]
        switch random.next(below: 4) {
        case 0: application.name = newName()
        case 1: application.user = accounts[random.next(below: accounts.count)]
        case 2: application.group = accounts[random.next(below: accounts.count)]
        default:
            guard application.retention == nil || random.next(below: 3) > 0 else {
                application.retention = nil
                return
            }
            var retention = application.retention ?? Retention()
            if random.next(below: 2) == 0 { retention.keep = 1 + random.next(below: 50) } else { retention.hourly = 5 }
            if random.next(below: 3) == 0 { retention.daily = nil }
            application.retention = retention
        }
    }

    private mutating func newName() -> String {
        names += 1
        return ["new", "yes", "0x", "n-", "_"][random.next(below: 5)] + "\(names)"
    }

    /// Adds, removes, renames or moves services.
    private mutating func arrange(_ services: inout [ServiceDefinition]) {
        if !services.isEmpty, random.next(below: 3) == 0 {
            let index = random.next(below: services.count)
            if services[index].isGroup { return arrange(&services[index].services) }
        }
        switch random.next(below: 4) {
        case 0 where !services.isEmpty: services.remove(at: random.next(below: services.count))
        case 1 where !services.isEmpty: services[random.next(below: services.count)].name = newName()
        case 2: services.shuffle(using: &random)
        default: services.insert(newService(depth: 0), at: random.next(below: services.count + 1))
        }
    }

    private mutating func newService(depth: Int) -> ServiceDefinition {
        if depth < 2, random.next(below: 5) == 0 {
            let inner = (0..<random.next(below: 3)).map { _ in newService(depth: depth + 1) }
            return ServiceDefinition(name: newName(), kind: "group", services: inner)
        }
        var service = ServiceDefinition(name: newName(), kind: "web", settings: ["listen": .string("tcp:80")])
        for _ in 0..<random.next(below: 4) { changeSetting(&service) }
        return service
    }

    private mutating func change(_ services: inout [ServiceDefinition]) {
        guard !services.isEmpty else { return services.append(newService(depth: 0)) }
        let index = random.next(below: services.count)
        if services[index].isGroup, random.next(below: 3) > 0 { return change(&services[index].services) }
        switch random.next(below: 7) {
        case 0: services[index].isEnabled.toggle()
        case 1: changeRestart(&services[index].restart)
        default: if !services[index].isGroup { changeSetting(&services[index]) }
        }
    }

    private mutating func changeRestart(_ restart: inout RestartPolicy) {
        switch random.next(below: 5) {
        case 0: restart = RestartPolicy()
        case 1: restart.policy = RestartPolicy.Policy.allCases[random.next(below: 3)]
        case 2: restart.atMost = 1 + random.next(below: 9)
        case 3: restart.delay = TimeSpan(milliseconds: Int64(100 * (1 + random.next(below: 9))))
        default: restart.within = TimeSpan(seconds: Int64(1 + random.next(below: 99)))
        }
    }

    private mutating func text() -> Datum { .string(Self.texts[random.next(below: Self.texts.count)]) }

    private mutating func changeSetting(_ service: inout ServiceDefinition) {
        var settings = service.settings
        let keys = ["listen", "static", "index", "listing", "greeting", "types", "limits"]
        let key = keys[random.next(below: keys.count)]
        if key != "listen", random.next(below: 4) == 0 {
            settings[key] = nil
        } else {
            settings[key] = value(of: key, before: settings[key])
        }
        service.settings = SmallWeb.check(settings).canonical
    }

    private mutating func value(of key: String, before: Datum?) -> Datum {
        switch key {
        case "listen":
            return .array((0..<random.next(below: 4)).map { .string("tcp:\($0 + 80 + random.next(below: 3) * 10)") })
        case "static": return .string(["/srv/www", "/srv/größe", "/a b", "/a: b", "/#"][random.next(below: 5)])
        case "index": return .array((0..<random.next(below: 4)).map { _ in .string("i\(random.next(below: 3)).html") })
        case "listing": return .bool(random.next(below: 2) == 0)
        case "types":
            var types = before?.object ?? [:]
            let ending = ["mjs", "é", "7z", "1", "a b"][random.next(below: 5)]
            types[ending] = types[ending] == nil || random.next(below: 2) == 0 ? text() : nil
            return .object(types)
        case "limits":
            var limits = before?.object ?? [:]
            switch random.next(below: 3) {
            case 0: limits["body"] = .integer(Int64(random.next(below: 1000)))
            case 1: limits["wait"] = .string("\(1 + random.next(below: 50))s")
            default: limits["ratio"] = .number(Double(random.next(below: 100)) / 8)
            }
            return .object(limits)
        default: return text()
        }
    }
}
