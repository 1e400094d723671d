/// What may stand in the field Depends (Debian Policy 7.1).
enum DebianDependency {
    private static let comparisons: Set<Substring> = ["<<", "<=", "=", ">=", ">>"]

    /// Whether a text is a list of packages that dpkg reads: commas between, and `|` between those of which one is enough.
    static func isList(_ text: String) -> Bool {
        text.split(separator: ",", omittingEmptySubsequences: false).allSatisfy { part in
            part.split(separator: "|", omittingEmptySubsequences: false).allSatisfy(isPackage)
        }
    }

    /// `NAME`, `NAME:ARCHITECTURE`, either with `(>= VERSION)` behind it.
    private static func isPackage(_ text: Substring) -> Bool {
        let text = text.drop(while: \.isWhitespace)
        let word = text.prefix { !$0.isWhitespace && $0 != "(" }
        let parts = word.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard let name = parts.first, PackageRequest.isPackageName(String(name)) else { return false }
        let isArchitecture = parts.dropFirst().allSatisfy { architecture in
            !architecture.isEmpty
                && architecture.utf8.allSatisfy { $0.isLowercase || $0.isDigit || $0 == UInt8(ascii: "-") }
        }
        let rest = text.dropFirst(word.count)
        return isArchitecture && (rest.allSatisfy(\.isWhitespace) || isVersion(rest))
    }

    private static func isVersion(_ text: Substring) -> Bool {
        let words = text.split(whereSeparator: { $0.isWhitespace || "()".contains($0) })
        let parts = text.filter { "()".contains($0) }
        let relation = words.joined(separator: " ")
        let comparison = relation.prefix { "<=>".contains($0) }
        let version = relation.dropFirst(comparison.count).drop(while: \.isWhitespace)
        return parts == "()" && comparisons.contains(comparison) && PackageRequest.isVersion(String(version))
    }
}
