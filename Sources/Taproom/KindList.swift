import TapData

/// The kinds a program knows: those compiled into it, groups, and those it finds elsewhere.
package struct KindList: Sendable {
    /// The kinds that are part of the program.
    package let builtIn: [any KnownKind]
    private let elsewhere: (any KindSource)?

    /// Lists kinds.
    ///
    /// - Parameters:
    ///   - kinds: those compiled into the program.
    ///   - elsewhere: where others are looked for, when a word is none of theirs; nil: nowhere.
    package init(_ kinds: [any ServiceKind.Type], elsewhere: (any KindSource)? = nil) {
        builtIn = kinds.map { CompiledKind($0) } + [GroupKind()]
        self.elsewhere = elsewhere
    }

    /// All kinds that can be used, those of the program first.
    ///
    /// Looks through everything that is elsewhere.
    package var all: [any KnownKind] { builtIn + found.kinds }

    /// What is wrong with kinds from elsewhere that can't be used.
    ///
    /// Looks through everything that is elsewhere.
    package var failures: [KindFailure] { found.failures }

    /// The words of all kinds that can be used.
    ///
    /// Looks through everything that is elsewhere.
    package var words: [String] { all.map(\.word) }

    private var found: KindFindings { elsewhere?.findings(besides: builtIn) ?? KindFindings() }

    /// The kind of a word, also of one it had before.
    ///
    /// A word of the program's own kinds costs no look elsewhere. Throws ``UnknownKind``.
    package func kind(_ word: String) throws(UnknownKind) -> any KnownKind {
        if let kind = builtIn.first(where: { $0.word == word }) { return kind }
        if let kind = builtIn.first(where: { $0.formerWords.contains(word) }) { return kind }
        switch elsewhere?.kind(word) {
        case .usable(let kind)?: return kind
        case .failed(let failure)?: throw UnknownKind(word: word, known: [], failure: failure)
        case nil: break
        }
        let found = found
        if let kind = found.kinds.first(where: { $0.formerWords.contains(word) }) { return kind }
        throw UnknownKind(word: word, known: builtIn.map(\.word) + found.kinds.map(\.word))
    }

    /// The packages that bring the kinds of an application which are programs of their own, by their words.
    package func packages(for application: Application) -> [String: String] {
        var packages: [String: String] = [:]
        for (_, service) in application.servicesByPath {
            guard packages[service.kind] == nil, !builtIn.contains(where: { $0.word == service.kind }),
                case .manifest(let origin)? = (try? kind(service.kind))?.origin
            else { continue }
            packages[service.kind] = origin.package
        }
        return packages
    }

    /// Whether a word is what a kind that can be used is called now: found without reading the manifests of others.
    package func isWord(_ word: String) -> Bool {
        if builtIn.contains(where: { $0.word == word || $0.formerWords.contains(word) }) { return true }
        return if case .usable? = elsewhere?.kind(word) { true } else { false }
    }

    /// Whether a word is one of a kind's, without a look at what is wrong with those that can't be used.
    package func knows(_ word: String) -> Bool { (try? kind(word)) != nil }
}

/// Where kinds are found that are not compiled into the program.
package protocol KindSource: Sendable {
    /// The kind of a word; nil: there is none.
    func kind(_ word: String) -> FoundKind?

    /// Everything that is there.
    ///
    /// A kind with a word of one that is built in is a failure.
    func findings(besides builtIn: [any KnownKind]) -> KindFindings
}

/// What was found for a word.
package enum FoundKind: Sendable {
    case usable(any KnownKind)
    case failed(KindFailure)
}

/// What was found elsewhere.
package struct KindFindings: Sendable {
    package var kinds: [any KnownKind] = []
    package var failures: [KindFailure] = []

    package init() {}
}

/// A kind from elsewhere that can't be used.
package struct KindFailure: Error, Sendable, Equatable {
    /// The path of its manifest.
    package var manifest: String
    /// What is wrong, each with its place in the manifest: `/usr/lib/…/counter.yaml:3:7: version must be text`.
    package var problems: [String]

    package init(manifest: String, problems: [String]) {
        (self.manifest, self.problems) = (manifest, problems)
    }
}

/// A word that no kind has which the program can use.
package struct UnknownKind: Error, Equatable, CustomStringConvertible {
    package var word: String
    package var known: [String]
    /// Why the kind that has the word can't be used; nil: none has it.
    package var failure: KindFailure?
    /// The package that brought the kind where the tap was made, or may bring it; nil: nothing is known.
    package var package: String?

    package init(word: String, known: [String], failure: KindFailure? = nil, package: String? = nil) {
        (self.word, self.known, self.failure, self.package) = (word, known, failure, package)
    }

    package var description: String {
        guard let failure else { return "no kind is called \"\(word)\".\(suggestion(for: word, among: known))" }
        return "the kind \"\(word)\" can't be used: \(failure.problems.joined(separator: "; "))"
    }
}
