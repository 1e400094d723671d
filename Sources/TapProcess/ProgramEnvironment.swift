import Glibc

/// The variables of a program: few, and those that somebody has set.
///
/// What this process has in its own environment may be secrets or meant for it alone.
package struct ProgramEnvironment: Sendable {
    /// The values by their names.
    package private(set) var values: [String: [UInt8]] = [:]

    /// PATH and LANG as here, or as usual; TZ as here.
    package init() {
        self["PATH"] = ProgramEnvironment.own("PATH") ?? ProgramSearch.usualPath
        self["LANG"] = ProgramEnvironment.own("LANG") ?? "C.UTF-8"
        self["TZ"] = ProgramEnvironment.own("TZ")
    }

    /// What belongs to a user.
    package mutating func set(_ account: Account) {
        self["USER"] = account.name
        self["LOGNAME"] = account.name
        self["HOME"] = account.home
        self["SHELL"] = account.shell
    }

    /// A variable as text.
    package subscript(name: String) -> String? {
        get { values[name].map { String(decoding: $0, as: UTF8.self) } }
        set { values[name] = newValue.map { Array($0.utf8) } }
    }

    /// Sets a variable to bytes.
    package mutating func set(_ name: String, to value: [UInt8]) { values[name] = value }

    /// Each as `NAME=value`, by their names.
    package var lines: [[UInt8]] { values.sorted { $0.key < $1.key }.map { Array("\($0.key)=".utf8) + $0.value } }

    private static func own(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }

    /// What is wrong with names and values that somebody wants to set, each to be read after the key.
    package static func problems(_ variables: [String: String]) -> [String] {
        variables.sorted { $0.key < $1.key }.compactMap { name, value in
            let isBad =
                name.isEmpty || name.utf8.contains { $0 == 0 || $0 == UInt8(ascii: "=") } || value.utf8.contains(0)
            return isBad ? "must be names without = and values without NUL, but one is \"\(name)\"" : nil
        }
    }
}
