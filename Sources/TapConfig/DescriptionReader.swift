package import TapData
package import Taproom

/// Reads a description, YAML or JSON, into an application.
package enum DescriptionReader {
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
        var reader = ApplicationReader(
            text: text, kinds: kinds, folder: folder, former: former, extended: documents.extended)
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
        let passwords = reader.hashed + reader.passwordsWithoutUse(former: application)
        guard !passwords.isEmpty else { return reading }
        if let hashed = HashedText.replace(passwords, in: text),
            (try? read(hashed, file: file, folder: folder, kinds: kinds)) == application
        {
            reading.text = hashed
            return reading
        }
        let problems = passwords.map { hashed in
            (hashed.position, hashed.path, "must stand on one line, in quotes, so that its hash can take its place")
        }
        throw DescriptionError(file: file, problems: reader.inOrder(problems))
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
        var reader = ApplicationReader(text: "", kinds: kinds, folder: folder, former: former)
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
        var reader = ApplicationReader(text: "", kinds: kinds, folder: folder, former: formerApplication)
        let service = reader.service(Node(datum), path: path, servicePath: "")
        guard let service, reader.problems.isEmpty else {
            throw DescriptionError(file: "", problems: reader.inOrder(reader.problems))
        }
        return service
    }

    /// Whether a text is read as JSON: its first character is a brace.
    static func isJSON(_ text: String) -> Bool {
        text.unicodeScalars.first { !$0.properties.isWhitespace } == "{"
    }

    /// What a text says, with places.
    static func tree(_ text: String) throws(SyntaxError) -> Node {
        try isJSON(text) ? JSONReader.read(text) : YAMLReader.read(text)
    }

    /// `site` for `/srv/site.yaml`.
    private static func stem(of file: String) -> String {
        let name = file.split(separator: "/").last.map(String.init) ?? file
        return name.lastIndex(of: ".").map { String(name[..<$0]) } ?? name
    }
}
