import TapData
import Taproom

/// Reads the tree of a description into an application, and tells of everything that is wrong in it.
struct ApplicationReader {
    /// What is told of a place.
    typealias Told = (position: Position, path: String, text: String)

    let kinds: KindList
    let folder: String?
    /// The settings of services as they were, by kind and name.
    let former: [[String]: DatumObject]
    /// The description that is extended.
    let extended: DescriptionDocuments.Extended?
    private let text: String

    var problems: [Told] = []
    var warnings: [Told] = []
    var hashed: [HashedText] = []
    /// The paths that services had which say with `was` what they were called.
    var renames: [String: String] = [:]

    init(
        text: String, kinds: KindList, folder: String?, former: Application?,
        extended: DescriptionDocuments.Extended? = nil
    ) {
        let known = former?.servicesByPath.map { ([$0.service.kind, $0.service.name], $0.service.settings) }
        self.former = Dictionary(known ?? [], uniquingKeysWith: { first, _ in first })
        self.text = text
        self.kinds = kinds
        self.folder = folder
        self.extended = extended
    }

    /// The keys of an application.
    private static let allowed = ["taproom", "extends", "name", "user", "group", "retention", "services"]

    /// Whether a description has a key, or one that is nearly the same: that one is then not said to be missing.
    private func has(_ key: String, _ root: Node) -> Bool {
        let allowed = ApplicationReader.allowed
        return root.members?.contains { member in
            member.key == key || !allowed.contains(member.key) && nearest(to: member.key, among: allowed) == key
        } ?? false
    }

    /// A description together with the one it extends, each of which says what format it has.
    mutating func laidOver(_ own: Node) -> Node {
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

    mutating func application(_ root: Node, fallbackName: String) -> Application? {
        guard let members = root.members else {
            report("a description is a group of keys that begins with \"taproom: 1\"", "", at: root.start)
            return nil
        }
        let allowed = ApplicationReader.allowed
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

    /// A user or group: a name or a number.
    private mutating func account(_ root: Node, _ key: String) -> String? {
        if case .integer(let number)? = root.member(key)?.value.datum, number >= 0 { return String(number) }
        return text(root, key, "")
    }

    /// Passwords in the description that is extended in whose place the other one has its own: they are not kept either.
    func passwordsWithoutUse(former: Application) -> [HashedText] {
        guard let extended else { return [] }
        var reader = ApplicationReader(text: text, kinds: kinds, folder: extended.folder, former: former)
        _ = reader.application(extended.root, fallbackName: former.name)
        return reader.hashed.compactMap { item in
            guard !hashed.contains(where: { $0.position == item.position }) else { return nil }
            var item = item
            item.hash = "***"
            return item
        }
    }
}

// What both parts of reading use.
extension ApplicationReader {
    func inOrder(
        _ problems: [Told]
    ) -> [DescriptionError.Problem] {
        problems.sorted { $0.position < $1.position }.map { position, path, text in
            DescriptionError.Problem(
                line: position.line, column: position.column, path: path, text: text,
                file: position.document == 0 ? nil : extended?.name)
        }
    }

    mutating func report(_ text: String, _ path: String, at position: Position) {
        problems.append((position, path, text))
    }

    func place(of node: Node) -> Position { node.placeOfMistake(in: text) }

    mutating func text(_ node: Node, _ key: String, _ path: String) -> String? {
        guard let member = node.member(key) else { return nil }
        switch member.value.datum {
        case .string(let text): return text
        case .null: return nil
        default:
            report("must be text, but is \(member.value.datum.typeName)", path + key, at: member.value.start)
            return nil
        }
    }

    /// A group of keys that belongs to no kind.
    mutating func group<Group: Defaulted>(_ type: Group.Type, _ node: Node, _ path: String) -> Group? {
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

    mutating func report(_ error: DataError, in node: Node, _ path: String) {
        report(
            error.problem, error.path.isEmpty ? path : "\(path).\(error.path.text)",
            at: node.place(of: error, in: self.text))
    }
}
