package import TapConfig
package import TapData
package import TapFile
package import Taproom

/// What somebody wants changed: all of it, or nothing, as one revision.
package struct ChangeRequest: Defaulted, Sendable, Equatable {
    /// Steps, one after the other.
    package var edits: [Edit] = []
    /// A description that is merged with what runs; before the steps.
    package var description: DescriptionText?
    /// Where relative paths in the steps are taken from; nil: they stay as they are.
    package var folder: String?
    /// How long the change counts unless it is confirmed; nil: for good.
    package var confirm: TimeSpan?
    /// A remark for the history.
    package var comment: String?

    package init() {}

    /// Steps of a change.
    package init(_ edits: [Edit], folder: String? = nil) { (self.edits, self.folder) = (edits, folder) }

    /// What it does, for the history when nobody says why.
    var summary: String {
        let parts = (description.map { ["apply \($0.base.fileName)"] } ?? []) + edits.map(\.summary)
        guard parts.count > 4 else { return parts.joined(separator: ", ") }
        return parts.prefix(3).joined(separator: ", ") + " and \(parts.count - 3) more"
    }
}

/// The text of a description, and where it comes from.
package struct DescriptionText: Sendable, Equatable, Codable {
    package var text: String
    /// The path of its file: relative paths in it are taken from there.
    package var file: String
    /// Whose word counts where file and running application disagree; nil: nothing is done then.
    package var onConflict: Merge.Side?
    /// Whether it counts as it is, and nothing is merged; nil: it is merged.
    package var replaces: Bool?

    package init(text: String, file: String, onConflict: Merge.Side? = nil) {
        (self.text, self.file, self.onConflict) = (text, file, onConflict)
    }

    /// As it is kept for later merges.
    package var base: BaseDescription { BaseDescription(name: file, text: text) }
}

/// What came of a change.
package struct ChangeOutcome: Sendable, Equatable, Codable {
    /// The new revision; nil: there was nothing to change.
    package var revision: Int?
    /// What was done to each service that is concerned.
    package var plan: ChangePlan
    /// Until when it has to be confirmed (RFC 3339); nil: it counts for good.
    package var confirmUntil: String?
    /// What is no mistake but should be known: secrets in plain text.
    ///
    /// Absent when there is nothing.
    package var warnings: [String]?

    /// Tells of a change.
    ///
    /// - Parameters:
    ///   - revision: the new revision, if there is one.
    ///   - plan: what was done.
    ///   - change: what is different.
    ///   - confirmation: the change that waits to be confirmed, if one does.
    package init(
        revision: Int?, plan: ChangePlan, of change: ApplicationChange, confirmation: Confirmation? = nil
    ) {
        (self.revision, self.plan, confirmUntil) = (revision, plan, confirmation?.time)
        let warnings = change.services.flatMap { service in
            service.new.map { SecretLiterals.warnings(in: $0, at: service.path) } ?? []
        }
        self.warnings = warnings.isEmpty ? nil : warnings
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        // Written even when there is none, so that there always is the key.
        try container.encode(revision, forKey: .revision)
        try container.encode(plan, forKey: .plan)
        try container.encodeIfPresent(confirmUntil, forKey: .confirmUntil)
        try container.encodeIfPresent(warnings, forKey: .warnings)
    }
}

/// Who said that a value is what it is, and when.
package struct Blame: Sendable, Equatable, Codable {
    package var path: String
    package var value: Datum
    package var revision: Int
    package var author: String
    /// Through what it was said: `tapctl`, `socket`, `signal`, `mktap`.
    package var origin: String
    /// RFC 3339, UTC.
    package var time: String
    package var comment: String
}

/// A value that differs between a description and the application that was made from it.
package struct Drift: Sendable, Equatable, Codable {
    package var path: String
    /// What the description says; null: nothing.
    package var file: Datum
    /// What counts in the application; null: nothing.
    package var running: Datum
    /// Where the description says it.
    package var line: Int
    package var column: Int
    /// The description that it extends, when it is that one's line; nil: it is its own.
    package var extended: String?
    /// The revision that said otherwise, and who made it; nil: that is not known.
    package var revision: Int?
    package var author: String?
}
