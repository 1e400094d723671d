package import TapData
package import Taproom

/// The canonical description of an application: what `tapctl export` prints and `mktap --from` reads.
package enum Description {
    /// The description as data, keys in the order people expect.
    package static func datum(of application: Application) -> Datum {
        var object: DatumObject = ["taproom": .integer(1), "name": .string(application.name)]
        object["user"] = application.user.map(account)
        object["group"] = application.group.map(account)
        object["retention"] = application.retention.flatMap { try? DatumEncoder().encode($0) }
        object["services"] = .array(application.services.map(datum))
        return .object(object)
    }

    /// The description as YAML.
    package static func yaml(of application: Application) -> String { YAMLWriter.write(datum(of: application)) }

    /// The description as JSON, ending with a line feed.
    package static func json(of application: Application) -> String { JSONWriter.pretty(datum(of: application)) + "\n" }

    /// A number stays a number, so that `user: 33` is written as people write it.
    private static func account(_ text: String) -> Datum {
        if let number = Int64(text), number >= 0, String(number) == text { .integer(number) } else { .string(text) }
    }

    /// A service as a description writes it that leaves its name to others.
    package static func datumWithoutName(of service: ServiceDefinition) -> Datum {
        var datum = datum(of: service)
        datum.set(["name"], .null)
        return datum
    }

    /// A service as a description writes it.
    package static func datum(of service: ServiceDefinition) -> Datum {
        var object: DatumObject = ["name": .string(service.name), "kind": .string(service.kind)]
        if !service.isEnabled { object["enabled"] = .bool(false) }
        if service.restart != RestartPolicy() { object["restart"] = try? DatumEncoder().encode(service.restart) }
        for (key, value) in service.settings.members { object[key] = value }
        if !service.services.isEmpty { object["services"] = .array(service.services.map(datum)) }
        return .object(object)
    }
}
