import Glibc
import TapConfig
import TapData
import Taproom

/// Reads a manifest, and tells of everything that is wrong in it at its place.
struct ManifestReader {
    private let path: String
    private let text: String
    private var problems: [(position: Position, text: String)] = []

    /// Reads a manifest in YAML.
    ///
    /// - Parameters:
    ///   - text: what is in the file.
    ///   - path: the path of the file; the program is taken from its folder.
    /// - Returns: what it says.
    /// - Throws: ``KindFailure`` with everything that is wrong.
    static func read(_ text: String, path: String) throws(KindFailure) -> Manifest {
        var reader = ManifestReader(path: path, text: text)
        let root: Node
        do throws(SyntaxError) {
            root = try YAMLReader.read(text)
        } catch {
            throw KindFailure(manifest: path, problems: ["\(path):\(error.position): \(error.problem)"])
        }
        let manifest = reader.manifest(root)
        guard let manifest, reader.problems.isEmpty else {
            let problems = reader.problems.sorted { $0.position < $1.position }
            throw KindFailure(manifest: path, problems: problems.map { "\(path):\($0.position): \($0.text)" })
        }
        return manifest
    }

    private init(path: String, text: String) { (self.path, self.text) = (path, text) }

    private mutating func manifest(_ root: Node) -> Manifest? {
        guard root.members != nil, let words = group(ManifestWords.self, root, "") else {
            if root.members == nil {
                report("a manifest is a group of keys that begins with \"taproom-kind: 1\"", root)
            }
            return nil
        }
        checkFormat(words, root)
        guard let word = word(words, root), let program = program(words, root) else { return nil }
        let summary = summary(words, root)
        let settings = settings(root.member("settings")?.value)
        let state = state(root.member("state")?.value)
        let arguments = words.arguments.map { FilledText($0) }
        checkKeys(of: arguments, settings, root.member("arguments")?.value)
        let environment = environment(words, settings, root.member("environment")?.value)
        return Manifest(
            path: path, word: word, summary: summary, version: words.version,
            package: words.package ?? Manifest.usualPackage(of: word), formerWords: words.formerly, program: program,
            arguments: arguments, environment: environment, speech: words.protocol, isBlocking: words.blocking,
            takesDatagrams: words.datagrams,
            startLimit: words.startLimit,
            settings: settings, migrations: words.migrations, state: state)
    }

    private mutating func checkFormat(_ words: ManifestWords, _ root: Node) {
        guard let format = words.format else {
            return report("the key \"taproom-kind\" is missing: a manifest begins with \"taproom-kind: 1\"", root)
        }
        guard format != .integer(1) else { return }
        report(
            "taproom-kind must be 1, the format this program knows, but is \(JSONWriter.line(format))",
            root.member("taproom-kind")?.value ?? root)
    }

    private mutating func word(_ words: ManifestWords, _ root: Node) -> String? {
        let name = path.split(separator: "/").last.map { String($0.dropLast(KindFolders.ending.count)) } ?? ""
        guard let word = words.word else {
            report("the key \"word\" is missing: the word of the kind, \"\(name)\"", root)
            return nil
        }
        let node = root.member("word")?.value ?? root
        if let problem = KindWord.problem(word) { report("word \(problem)", node) }
        if word != name { report("word must be \"\(name)\", as the file is called, but is \"\(word)\"", node) }
        for (index, former) in words.formerly.enumerated() {
            guard let problem = KindWord.problem(former) else { continue }
            let place = root[[.key("formerly"), .index(index)]] ?? root
            report("formerly[\(index)] \(problem)", place)
        }
        return word
    }

    private mutating func summary(_ words: ManifestWords, _ root: Node) -> String {
        guard let summary = words.summary else {
            report("the key \"summary\" is missing: one sentence that says what the kind does", root)
            return ""
        }
        if !summary.hasSuffix(".") || summary.contains("\n") {
            report(
                "summary must be one sentence on one line, with its full stop", root.member("summary")?.value ?? root)
        }
        return summary
    }

    private mutating func program(_ words: ManifestWords, _ root: Node) -> String? {
        guard let program = words.program, !program.isEmpty else {
            report("the key \"program\" is missing: the program, relative to the folder of the manifest", root)
            return nil
        }
        let place = LocalPath(program, in: LocalPath("..", in: path).text).text
        if access(place, X_OK) != 0 {
            let reason = SystemCallError("execute").reason
            report("program \(place) can't be executed: \(reason)", root.member("program")?.value ?? root)
        }
        return place
    }

    private mutating func environment(
        _ words: ManifestWords, _ settings: ForeignSettings, _ node: Node?
    ) -> [(name: String, value: FilledText)] {
        words.environment.sorted { $0.key < $1.key }.map { name, text in
            let isName = !name.isEmpty && !name.contains("=") && !name.utf8.contains(0) && !text.utf8.contains(0)
            let value = FilledText(text)
            let place = node?.member(name)?.value
            if !isName, let place { report("environment.\(name) is no variable", place) }
            for key in value.keys { checkKey(key, settings, "environment.\(name)", place) }
            return (name, value)
        }
    }

    private mutating func checkKeys(of texts: [FilledText], _ settings: ForeignSettings, _ node: Node?) {
        for (index, text) in texts.enumerated() {
            for key in text.keys { checkKey(key, settings, "arguments[\(index)]", node?[[.index(index)]]) }
        }
    }

    private mutating func checkKey(_ key: String, _ settings: ForeignSettings, _ path: String, _ node: Node?) {
        let keys = settings.declared.map(\.key)
        guard !keys.contains(key), let node else { return }
        report("\(path) names the setting \"\(key)\", which there is not.\(suggestion(for: key, among: keys))", node)
    }
}

// What the parts of reading use.
extension ManifestReader {
    mutating func report(_ problem: String, _ node: Node) { report(problem, at: node.placeOfMistake(in: text)) }

    mutating func report(_ problem: String, at position: Position) { problems.append((position, problem)) }

    /// A group of keys; nil when something is wrong with it, which is told then.
    mutating func group<Group: Defaulted>(_ type: Group.Type, _ node: Node, _ path: String) -> Group? {
        func tell(_ error: DataError) {
            let name = [path, error.path.text].filter { !$0.isEmpty }.joined(separator: ".")
            report(name.isEmpty ? error.problem : "\(name) \(error.problem)", at: node.place(of: error, in: text))
        }
        guard let object = node.datum.object else {
            tell(DataError(path: [], problem: "must be a group of keys, but is \(node.datum.typeName)"))
            return nil
        }
        let errors = DatumDecoder().errors(of: type, in: object)
        for error in errors { tell(error) }
        guard errors.isEmpty else { return nil }
        do throws(DataError) {
            return try DatumDecoder().decode(type, from: .object(object))
        } catch {
            tell(error)
            return nil
        }
    }
}

/// Rules for the words of kinds.
enum KindWord {
    /// What is wrong with a word, or nil.
    static func problem(_ word: String) -> String? {
        let isWord = word.utf8.allSatisfy {
            (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == UInt8(ascii: "-")
        }
        guard isWord, (1...64).contains(word.utf8.count), !word.hasPrefix("-") else {
            return
                "must be 1 to 64 lower-case letters, digits and hyphens, not beginning with a hyphen, but is \"\(word)\""
        }
        return nil
    }
}
