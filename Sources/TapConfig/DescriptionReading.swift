package import TapData
package import Taproom

/// What was read from a description, and where everything stands in it.
package struct DescriptionReading: Sendable {
    package var application: Application
    /// The services that say with `was` what they were called: their paths, and those they had.
    package var renames: [String: String]
    /// The text as a tree: together with the description that it extends.
    package var root: Node
    /// What that one is called; nil: it extends none.
    package var extended: String?
    /// What is no mistake but should be known, in the order of the places, a line each without its full stop.
    package var warnings: [String]
    /// The text that was read, with hashes in place of the passwords that are stored as such.
    package var text: String

    /// The description that it extends, when a place is in that one.
    package func file(of position: Position) -> String? { position.document == 0 ? nil : extended }

    /// Where it says what a path means, or as near to it as possible.
    package func position(of path: EditPath) -> Position {
        guard let service = path.service else { return root.position(at: path.keys.map { .key($0) }) }
        var node = root
        for name in service.split(separator: "/") {
            guard case .array(let services)? = node.member("services")?.value.content,
                let found = services.first(where: { $0.serviceName == name })
            else { return node.member("services")?.keyStart ?? node.start }
            node = found
        }
        return node.position(at: path.keys.map { .key($0) })
    }
}
