package import TapData

/// A name, an optional user and group, and a tree of services: what a tap holds and a description says.
package struct Application: Sendable, Equatable {
    package var name: String
    /// The user to run as, by name or number, resolved when run.
    ///
    /// Absent: unchanged.
    package var user: String?
    /// The group to run as.
    ///
    /// Absent: the user's own.
    package var group: String?
    /// Which points of the history are kept.
    ///
    /// Absent: all.
    package var retention: Retention?
    package var services: [ServiceDefinition]

    package init(
        name: String, user: String? = nil, group: String? = nil, retention: Retention? = nil,
        services: [ServiceDefinition] = []
    ) {
        self.name = name
        self.user = user
        self.group = group
        self.retention = retention
        self.services = services
    }

    /// All services with their paths, parents before children, in the order they are started.
    package var servicesByPath: [(path: String, service: ServiceDefinition)] {
        Application.flatten(services, below: "")
    }

    private static func flatten(
        _ services: [ServiceDefinition], below parent: String
    ) -> [(path: String, service: ServiceDefinition)] {
        services.flatMap { service in
            [(parent + service.name, service)] + flatten(service.services, below: parent + service.name + "/")
        }
    }

    /// The paths of the services that run when the application does: enabled, in groups that are enabled, and no groups
    /// themselves.
    package var activePaths: Set<String> {
        var paths: Set<String> = []
        var disabled: [String] = []
        for (path, service) in servicesByPath {
            if disabled.contains(where: path.hasPrefix) { continue }
            if !service.isEnabled { disabled.append(path + "/") } else if !service.isGroup { paths.insert(path) }
        }
        return paths
    }

    /// Whether a service runs when the application does: it and all groups around it are enabled.
    package func isActive(_ path: String) -> Bool {
        let names = path.split(separator: "/")
        return names.indices.allSatisfy { service(names[...$0])?.isEnabled == true }
    }

    /// The service of a path.
    package func service(at path: String) -> ServiceDefinition? { service(path.split(separator: "/")[...]) }

    private func service(_ names: ArraySlice<Substring>) -> ServiceDefinition? {
        guard let first = names.first, let index = services.index(named: first) else { return nil }
        return names.dropFirst().reduce(services[index]) { group, name in
            group.flatMap { group in group.services.index(named: name).map { group.services[$0] } }
        }
    }
}

/// One service as it was asked for.
package struct ServiceDefinition: Sendable, Equatable {
    /// Unique among its siblings.
    package var name: String
    /// The word of its kind.
    package var kind: String
    /// The version of the kind's settings schema that `settings` is written in.
    package var settingsVersion: Int
    /// Whether it runs when the application does.
    package var isEnabled: Bool
    package var restart: RestartPolicy
    /// The kind's settings in canonical form: the keys that were given, in the order of the schema.
    package var settings: DatumObject
    package var services: [ServiceDefinition]

    package init(
        name: String, kind: String, settingsVersion: Int = 1, isEnabled: Bool = true,
        restart: RestartPolicy = RestartPolicy(), settings: DatumObject = [:], services: [ServiceDefinition] = []
    ) {
        self.name = name
        self.kind = kind
        self.settingsVersion = settingsVersion
        self.isEnabled = isEnabled
        self.restart = restart
        self.settings = settings
        self.services = services
    }

    /// The word of the kind of services of services; see ``GroupKind``.
    package static let group = "group"

    /// Whether this is a service of services.
    package var isGroup: Bool { kind == ServiceDefinition.group }

    /// The keys that belong to every service and that no kind uses for its settings.
    package static let reservedKeys = ["name", "kind", "was", "enabled", "restart", "services", "state"]
}

/// Rules for the names of applications and services.
package enum Name {
    /// What is wrong with a name, or nil.
    package static func problem(_ name: String) -> String? {
        let isAllowed = name.unicodeScalars.allSatisfy { scalar in
            scalar.isASCII
                && (scalar.properties.isAlphabetic || ("0"..."9").contains(scalar)
                    || "-_".unicodeScalars.contains(scalar))
        }
        guard isAllowed, (1...64).contains(name.utf8.count), !name.hasPrefix("-") else {
            return
                "must be 1 to 64 letters, digits, hyphens and underscores, not beginning with a hyphen, but is \"\(name)\""
        }
        return nil
    }
}
