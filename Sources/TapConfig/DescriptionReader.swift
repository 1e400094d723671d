package import TapData
package import Taproom

/// Reads a description, YAML or JSON, into an application.
package struct DescriptionReader {
    private let text: String
    private let kinds: KindList
    private let folder: String?
    private var problems: [(position: Position, path: String, text: String)] = []
    private var warnings: [(position: Position, path: String, text: String)] = []
    private var hashed: [HashedText] = []
    /// The paths that services had which say with `was` what they were called.
    private var renames: [String: String] = [:]
    /// The settings of services as they were, by kind and name.
    private let former: [[String]: DatumObject]
    /// The description that is extended.
    private var extended: DescriptionDocuments.Extended?

    /// Reads a text.
    ///
    /// - Parameters:
    ///   - text: YAML, or JSON when its first character is a brace.
    ///   - file: the name for errors, and for the application when it has none of its own.
    ///   - folder: where relative paths are taken from; nil leaves them as they are.
    ///   - kinds: the kinds that may occur.
    /// - Returns: the application.
    /// - Throws: ``DescriptionError`` with everything that is wrong.
    package static func read(
        _ text: String, file: String, folder: String?, kinds: KindList
    ) throws(DescriptionError) -> Application {
        try reading(text, file: file, folder: folder, kinds: kinds, isKept: false).application
    }

    /// Reads a text, and says more of it: secrets in plain text, and the text without passwords.
    ///
    /// - Parameters:
    ///   - text: YAML, or JSON when its first character is a brace.
    ///   - file: the name for errors, and for the application when it has none of its own.
    ///   - folder: where relative paths are taken from; nil leaves them as they are.
    ///   - kinds: the kinds that may occur.
    ///   - former: the application that was read from this file before: its passwords keep their hashes.
    ///   - isKept: whether the text is to be stored in a tap; then passwords must be such that hashes can take their place.
    /// - Returns: the application, and more.
    /// - Throws: ``DescriptionError`` with everything that is wrong.
    package static func reading(
        _ text: String, file: String, folder: String?, kinds: KindList, former: Application? = nil, isKept: Bool = true
    ) throws(DescriptionError) -> DescriptionReading {
        let documents = try DescriptionDocuments(text, file: file, folder: folder)
        var reader = DescriptionReader(text: text, kinds: kinds, folder: folder, former: former)
        reader.extended = documents.extended
        let root = reader.laidOver(documents.own)
        let application = reader.application(root, fallbackName: stem(of: file))
        guard let application, reader.problems.isEmpty else {
            throw DescriptionError(file: file, problems: reader.inOrder(reader.problems))
        }
        let warnings = reader.inOrder(reader.warnings).map { DescriptionError(file: file, problems: [$0]).description }
        var reading = DescriptionReading(
            application: application, renames: reader.renames, root: root, extended: documents.extended?.name,
            warnings: warnings, text: text)
        guard isKept else { return reading }
        reader.hashed += reader.passwordsWithoutUse(former: application)
        guard !reader.hashed.isEmpty else { return reading }
        if let hashed = HashedText.replace(reader.hashed, in: text),
            (try? read(hashed, file: file, folder: folder, kinds: kinds)) == application
        {
            reading.text = hashed
            return reading
        }
        let problems = reader.hashed.map { hashed in
            (hashed.position, hashed.path, "must stand on one line, in quotes, so that its hash can take its place")
        }
        throw DescriptionError(file: file, problems: reader.inOrder(problems))
    }

    /// Passwords in the description that is extended in whose place the other one has its own: they are not kept either.
    private func passwordsWithoutUse(former: Application) -> [HashedText] {
        guard let extended else { return [] }
        var reader = DescriptionReader(text: text, kinds: kinds, folder: extended.folder, former: former)
        _ = reader.application(extended.root, fallbackName: former.name)
        return reader.hashed.compactMap { item in
            guard !hashed.contains(where: { $0.position == item.position }) else { return nil }
            var item = item
            item.hash = "***"
            return item
        }
    }

    /// Reads an application that is given as data: a description without a text.
    ///
    /// - Parameters:
    ///   - datum: the description.
    ///   - folder: where relative paths are taken from; nil leaves them as they are.
    ///   - former: the application as it was: its passwords keep their hashes.
    ///   - kinds: the kinds that may occur.
    /// - Returns: the application, and the paths that services had which say so with `was`.
    /// - Throws: ``DescriptionError``, whose lines and columns mean nothing.
    package static func application(
        _ datum: Datum, folder: String?, former: Application?, kinds: KindList
    ) throws(DescriptionError) -> (application: Application, renames: [String: String]) {
        var reader = DescriptionReader(text: "", kinds: kinds, folder: folder, former: former)
        let application = reader.application(Node(datum), fallbackName: "")
        guard let application, reader.problems.isEmpty else {
            throw DescriptionError(file: "", problems: reader.inOrder(reader.problems))
        }
        return (application, reader.renames)
    }

    /// Reads one service that is given as data.
    ///
    /// - Parameters:
    ///   - datum: as a description writes it.
    ///   - path: what the paths of errors begin with.
    ///   - folder: where relative paths are taken from; nil leaves them as they are.
    ///   - former: the service as it was: its passwords keep their hashes.
    ///   - kinds: the kinds that may occur.
    /// - Returns: the service.
    /// - Throws: ``DescriptionError``, whose lines and columns mean nothing.
    package static func service(
        _ datum: Datum, at path: String, folder: String? = nil, former: ServiceDefinition? = nil, kinds: KindList
    ) throws(DescriptionError) -> ServiceDefinition {
        let formerApplication = former.map { Application(name: "", services: [$0]) }
        var reader = DescriptionReader(text: "", kinds: kinds, folder: folder, former: formerApplication)
        let service = reader.service(Node(datum), path: path, servicePath: "")
        guard let service, reader.problems.isEmpty else {
            throw DescriptionError(file: "", problems: reader.inOrder(reader.problems))
        }
        return service
    }

    private func inOrder(
        _ problems: [(position: Position, path: String, text: String)]
    ) -> [DescriptionError.Problem] {
        problems.sorted { $0.position < $1.position }.map { position, path, text in
            DescriptionError.Problem(
                line: position.line, column: position.column, path: path, text: text,
                file: position.document == 0 ? nil : extended?.name)
        }
    }

    /// Whether a text is read as JSON: its first character is a brace.
    static func isJSON(_ text: String) -> Bool {
        text.unicodeScalars.first { !$0.properties.isWhitespace } == "{"
    }

    /// What a text says, with places.
    static func tree(_ text: String) throws(SyntaxError) -> Node {
        try isJSON(text) ? JSONReader.read(text) : YAMLReader.read(text)
    }

    private init(text: String, kinds: KindList, folder: String?, former: Application?) {
        let known = former?.servicesByPath.map { ([$0.service.kind, $0.service.name], $0.service.settings) }
        self.former = Dictionary(known ?? [], uniquingKeysWith: { first, _ in first })
        self.text = text
        self.kinds = kinds
        self.folder = folder
    }

    /// `site` for `/srv/site.yaml`.
    private static func stem(of file: String) -> String {
        let name = file.split(separator: "/").last.map(String.init) ?? file
        return name.lastIndex(of: ".").map { String(name[..<$0]) } ?? name
    }

    private mutating func report(_ text: String, _ path: String, at position: Position) {
        problems.append((position, path, text))
    }

    private func place(of node: Node) -> Position { node.placeOfMistake(in: text) }

    /// The keys of an application.
    private static let allowed = ["taproom", "extends", "name", "user", "group", "retention", "services"]

    /// Whether a description has a key, or one that is nearly the same: that one is then not said to be missing.
    private func has(_ key: String, _ root: Node) -> Bool {
        let allowed = DescriptionReader.allowed
        return root.members?.contains { member in
            member.key == key || !allowed.contains(member.key) && nearest(to: member.key, among: allowed) == key
        } ?? false
    }

    /// A description together with the one it extends, each of which says what format it has.
    private mutating func laidOver(_ own: Node) -> Node {
        guard let extended else { return own }
        guard extended.root.members != nil else {
            report("a description is a group of keys that begins with \"taproom: 1\"", "", at: extended.root.start)
            return own
        }
        for root in [own, extended.root] { format(root) }
        if !has("services", extended.root) {
            report("is missing: a list of services", "services", at: extended.root.start)
        }
        var overlay = Overlay(kinds: kinds, over: extended.name)
        let root = overlay.description(own, over: extended.root)
        problems += overlay.problems
        return root
    }

    private mutating func application(_ root: Node, fallbackName: String) -> Application? {
        guard let members = root.members else {
            report("a description is a group of keys that begins with \"taproom: 1\"", "", at: root.start)
            return nil
        }
        let allowed = DescriptionReader.allowed
        // The schema is for editors, and no part of the application.
        for member in members where !allowed.contains(member.key) && member.key != "$schema" {
            report("is not known here." + suggestion(for: member.key, among: allowed), member.key, at: member.keyStart)
        }
        _ = text(root, "$schema", "")
        if let member = root.member("extends"), member.value.datum != .null {
            report("has a place only in a text: no file is read for what is sent", "extends", at: member.keyStart)
        }
        if extended == nil { format(root) }
        var application = Application(name: text(root, "name", "") ?? fallbackName)
        if let problem = Name.problem(application.name) {
            report(problem, "name", at: root.member("name").map { place(of: $0.value) } ?? root.start)
        }
        application.user = account(root, "user")
        application.group = account(root, "group")
        application.retention = root.member("retention").flatMap {
            $0.value.datum == .null ? nil : group(Retention.self, $0.value, "retention")
        }
        guard let services = root.member("services") else {
            if extended == nil, !has("services", root) {
                report("is missing: a list of services", "services", at: root.start)
            }
            return application
        }
        application.services = self.services(services.value, path: "services", servicePath: "")
        return application
    }

    private mutating func format(_ root: Node) {
        guard let member = root.member("taproom") else {
            guard !has("taproom", root) else { return }
            report("the key \"taproom\" is missing: a description begins with \"taproom: 1\"", "", at: root.start)
            return
        }
        guard member.value.datum != .integer(1) else { return }
        let found = JSONWriter.line(member.value.datum)
        report("must be 1, the format this program knows, but is \(found)", "taproom", at: place(of: member.value))
    }

    private mutating func text(_ node: Node, _ key: String, _ path: String) -> String? {
        guard let member = node.member(key) else { return nil }
        switch member.value.datum {
        case .string(let text): return text
        case .null: return nil
        default:
            report("must be text, but is \(member.value.datum.typeName)", path + key, at: member.value.start)
            return nil
        }
    }

    /// A user or group: a name or a number.
    private mutating func account(_ root: Node, _ key: String) -> String? {
        if case .integer(let number)? = root.member(key)?.value.datum, number >= 0 { return String(number) }
        return text(root, key, "")
    }

    private mutating func services(_ node: Node, path: String, servicePath: String) -> [ServiceDefinition] {
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

    private mutating func service(_ node: Node, path: String, servicePath: String) -> ServiceDefinition? {
        guard let members = node.members else {
            report("must be a group of keys, but is \(node.datum.typeName)", path, at: node.start)
            return nil
        }
        guard let word = text(node, "kind", path + ".") else {
            reportMissingKind(of: node, members, path)
            return nil
        }
        let kind = try? kinds.kind(word)
        guard kind != nil || word == ServiceDefinition.group else {
            let problem = "no kind is called \"\(word)\"." + suggestion(for: word, among: words)
            report(problem, path + ".kind", at: node.member("kind").map { place(of: $0.value) } ?? node.start)
            return nil
        }
        var service = ServiceDefinition(name: text(node, "name", path + ".") ?? word, kind: kind?.word ?? word)
        if let problem = Name.problem(service.name) {
            report(problem, path + ".name", at: node.member("name").map { place(of: $0.value) } ?? node.start)
        }
        if let was = text(node, "was", path + ".") { renames[servicePath + service.name] = servicePath + was }
        common(&service, node, path)
        let own = members.filter { !ServiceDefinition.reservedKeys.contains($0.key) }
        if let kind {
            settings(&service, of: kind, own, node, path)
        } else {
            inner(&service, own, node, path, servicePath: servicePath + service.name + "/")
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
        report("the key \"kind\" is missing. Allowed: \(words.joined(separator: ", "))", path, at: node.start)
    }

    /// The words a service can have for its kind.
    private var words: [String] { kinds.words + [ServiceDefinition.group] }

    /// What a group has: services.
    private mutating func inner(
        _ service: inout ServiceDefinition, _ own: [Node.Member], _ node: Node, _ path: String, servicePath: String
    ) {
        for member in own {
            let allowed = ServiceDefinition.reservedKeys.filter { $0 != "state" }
            report(
                "is not known. A group has no settings.\(suggestion(for: member.key, among: allowed))",
                "\(path).\(member.key)", at: member.keyStart)
        }
        guard let list = node.member("services") else { return }
        service.services = services(list.value, path: path + ".services", servicePath: servicePath)
    }

    private mutating func settings(
        _ service: inout ServiceDefinition, of kind: any ServiceKind.Type, _ own: [Node.Member], _ node: Node,
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

    /// A group of keys that belongs to no kind.
    private mutating func group<Group: Defaulted>(_ type: Group.Type, _ node: Node, _ path: String) -> Group? {
        let errors = node.datum.object.map { DatumDecoder().errors(of: type, in: $0) } ?? []
        for error in errors { report(error, in: node, path) }
        guard errors.isEmpty else { return nil }
        do throws(DataError) {
            return try DatumDecoder().decode(type, from: node.datum)
        } catch {
            report(error, in: node, path)
            return nil
        }
    }

    private mutating func report(_ error: DataError, in node: Node, _ path: String) {
        // An unknown key is shown itself, everything else by its value.
        let isUnknown = error.problem.hasPrefix("is not known")
        let place =
            isUnknown
            ? node.keyPosition(at: error.path)
            : node[error.path].map { self.place(of: $0) } ?? node.position(at: error.path)
        report(error.problem, error.path.isEmpty ? path : "\(path).\(error.path.text)", at: place)
    }
}
