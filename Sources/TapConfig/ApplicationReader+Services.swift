import TapData
import Taproom

// The services of a description, and what stands in them.
extension ApplicationReader {
    mutating func services(_ node: Node, path: String, servicePath: String) -> [ServiceDefinition] {
        guard case .array(let elements) = node.content else {
            if node.datum != .null { report("must be a list, but is \(node.datum.typeName)", path, at: node.start) }
            return []
        }
        var names: Set<String> = []
        return elements.enumerated().compactMap { index, element in
            let found = problems.count
            // Where two descriptions are laid over each other, neither has the service in this place.
            let name = extended == nil ? nil : element.serviceName.map { servicePath + $0 }
            let path = name ?? "\(path)[\(index)]"
            guard let service = service(element, path: path, servicePath: servicePath) else { return nil }
            // A name that is missing because its key is misspelt was told of.
            let isTold = element.member("name") == nil && problems.count > found
            if !isTold, !names.insert(service.name).inserted {
                let place = element.member("name")?.value.start ?? element.start
                report(
                    "there are two services \"\(service.name)\" here; give one of them another name", path, at: place)
            }
            return service
        }
    }

    mutating func service(_ node: Node, path: String, servicePath: String) -> ServiceDefinition? {
        guard let members = node.members else {
            report("must be a group of keys, but is \(node.datum.typeName)", path, at: node.start)
            return nil
        }
        guard let word = text(node, "kind", path + ".") else {
            reportMissingKind(of: node, members, path)
            return nil
        }
        guard let kind = try? kinds.kind(word) else {
            let problem = "no kind is called \"\(word)\"." + suggestion(for: word, among: kinds.words)
            report(problem, path + ".kind", at: node.member("kind").map { place(of: $0.value) } ?? node.start)
            return nil
        }
        var service = ServiceDefinition(name: text(node, "name", path + ".") ?? word, kind: kind.word)
        if let problem = Name.problem(service.name) {
            report(problem, path + ".name", at: node.member("name").map { place(of: $0.value) } ?? node.start)
        }
        if let was = text(node, "was", path + ".") { renames[servicePath + service.name] = servicePath + was }
        common(&service, node, path)
        let own = members.filter { !ServiceDefinition.reservedKeys.contains($0.key) }
        settings(&service, of: kind, own, node, path)
        if service.isGroup, let list = node.member("services") {
            let place = servicePath + service.name + "/"
            service.services = services(list.value, path: path + ".services", servicePath: place)
        }
        return service
    }

    /// A service without a kind: the key is missing, or it is misspelt, or the line it is in became part of the name.
    private mutating func reportMissingKind(of node: Node, _ members: [Node.Member], _ path: String) {
        if let member = node.member("kind") {
            // Null counts as missing; of anything else it was said that it is no text.
            guard member.value.datum == .null else { return }
        }
        let own = members.filter { !ServiceDefinition.reservedKeys.contains($0.key) }
        if let member = own.first(where: { nearest(to: $0.key, among: ["kind"]) != nil }) {
            report("is not known here. Did you mean \"kind\"?", "\(path).\(member.key)", at: member.keyStart)
            return
        }
        if let name = node.member("name"), case .string(let text) = name.value.datum, let problem = Name.problem(text) {
            report(problem, path + ".name", at: place(of: name.value))
            return
        }
        report("the key \"kind\" is missing. Allowed: \(kinds.words.joined(separator: ", "))", path, at: node.start)
    }

    private mutating func settings(
        _ service: inout ServiceDefinition, of kind: any KnownKind, _ own: [Node.Member], _ node: Node,
        _ path: String
    ) {
        service.settingsVersion = kind.settingsVersion
        var given = DatumObject()
        for member in own { given[member.key] = member.value.datum }
        let checked = kind.check(given, folder: pathFolder(in: node), former: former[[service.kind, service.name]])
        for error in checked.errors { report(error, in: node, path) }
        if checked.errors.isEmpty {
            for secret in SecretLiterals.paths(in: checked.canonical) {
                warnings.append((node.position(at: secret), "\(path).\(secret.text)", SecretLiterals.warning))
            }
            for (place, text, hash) in HashedText.paths(.object(given), stored: .object(checked.canonical)) {
                hashed.append(
                    HashedText(
                        position: node.position(at: place), path: "\(path).\(place.text)", text: text, hash: hash))
            }
        }
        service.settings = checked.canonical
    }

    private mutating func common(_ service: inout ServiceDefinition, _ node: Node, _ path: String) {
        if let member = node.member("enabled") {
            if case .bool(let isEnabled) = member.value.datum {
                service.isEnabled = isEnabled
            } else {
                report(
                    "must be true or false, but is \(JSONWriter.line(member.value.datum))", path + ".enabled",
                    at: member.value.start)
            }
        }
        if let member = node.member("restart"),
            let policy = group(RestartPolicy.self, member.value, path + ".restart")
        {
            service.restart = policy
        }
        for key in service.isGroup ? ["state"] : ["services", "state"] {
            guard let member = node.member(key) else { continue }
            report("has no place in a service of the kind \"\(service.kind)\"", path + "." + key, at: member.keyStart)
        }
    }

    /// Where relative paths in a service are taken from: each from the folder of the file that has it.
    private func pathFolder(in node: Node) -> PathFolder {
        guard let extended else { return PathFolder(folder) }
        return PathFolder { [folder] in node.position(at: $0).document == 0 ? folder : extended.folder }
    }
}
