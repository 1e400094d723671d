import TapNetwork
import Taproom

/// What is the same for a whole site, one of its hosts and one of its routes: what answers, and how.
///
/// Hosts and routes say only what is different from what they lie in.
protocol WebPlace {
    var `static`: LocalPath? { get }
    var redirect: String? { get }
    var status: Int? { get }
    var index: OneOrMore<String>? { get }
    var listing: Bool? { get }
    var fallback: String? { get }
    var headers: [String: String] { get }
    var cache: [String: String] { get }
    var allow: OneOrMore<Network> { get }
    var deny: OneOrMore<Network> { get }
    var authenticate: AuthenticationSettings? { get }
    var rate: RateSettings? { get }
    var cors: CrossOriginSettings? { get }
}

extension WebPlace {
    /// What is wrong with it, with the keys below a prefix.
    func placeProblems(_ prefix: String) -> [SettingProblem] {
        var problems: [SettingProblem] = []
        if redirect != nil, `static` != nil {
            problems.append(SettingProblem(prefix + "redirect", "can't stand beside static: one of them answers"))
        }
        if let redirect, !RedirectTarget.isValid(redirect) {
            problems.append(
                SettingProblem(
                    prefix + "redirect",
                    "must be a path or a URL in ASCII, with {path}, {rest}, {query} and {host} for parts of the request"
                ))
        }
        if let status, !RedirectTarget.statuses.contains(status) {
            let words = RedirectTarget.statuses.map(String.init).joined(separator: ", ")
            problems.append(SettingProblem(prefix + "status", "must be one of \(words), but is \(status)"))
        }
        if status != nil, redirect == nil {
            problems.append(SettingProblem(prefix + "status", "belongs to redirect, which is missing"))
        }
        for name in index?.elements ?? [] where !isFileName(name) {
            problems.append(SettingProblem(prefix + "index", "must be names of files, without a slash"))
        }
        if let fallback, fallback.isEmpty || fallback.utf8.contains(0) || fallback.split(separator: "/").contains("..")
        {
            problems.append(SettingProblem(prefix + "fallback", "must be the path of a file below static"))
        }
        for (name, value) in headers.sorted(by: { $0.key < $1.key }) where !ResponseFields.isValid(name, value) {
            problems.append(SettingProblem(prefix + "headers.\(name)", ResponseFields.advice(name)))
        }
        for (pattern, value) in cache.sorted(by: { $0.key < $1.key }) {
            if pattern.isEmpty {
                problems.append(SettingProblem(prefix + "cache", "must have patterns like *.css or /assets/* for keys"))
            }
            if !ResponseFields.isValue(value) {
                problems.append(SettingProblem(prefix + "cache.\(pattern)", "must be the value of Cache-Control"))
            }
        }
        if let authenticate { problems += authenticate.problems(prefix + "authenticate.") }
        if let rate { problems += rate.problems(prefix + "rate.") }
        if let cors { problems += cors.problems(prefix + "cors.") }
        return problems
    }

    private func isFileName(_ name: String) -> Bool {
        !(name.isEmpty || name.contains("/") || name.utf8.contains(0) || name == "." || name == "..")
    }
}

/// Fields that an administrator adds to responses.
enum ResponseFields {
    /// Those that tell where a message ends or how the connection goes on, which are not an administrator's to set.
    private static let reserved: Set<String> = [
        "connection", "content-length", "date", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade",
    ]

    static func isValid(_ name: String, _ value: String) -> Bool {
        !name.isEmpty && name.utf8.allSatisfy { ByteSet.token.contains($0) } && isValue(value)
            && !reserved.contains(name.lowercased())
    }

    static func isValue(_ value: String) -> Bool { value.utf8.allSatisfy { ByteSet.fieldValue.contains($0) } }

    static func advice(_ name: String) -> String {
        reserved.contains(name.lowercased())
            ? "is set by the server itself" : "must be a name of letters, digits and hyphens with a value in one line"
    }
}
