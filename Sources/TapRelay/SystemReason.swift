import Glibc

/// The words of the system for what went wrong.
enum SystemReason {
    /// The text for an error number, in small letters: "connection refused".
    static func text(_ number: CInt) -> String {
        var space = [CChar](repeating: 0, count: 256)
        guard strerror_r(number, &space, space.count) == 0 else { return "error \(number)" }
        let text = String(decoding: space.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        return text.prefix(1).lowercased() + text.dropFirst()
    }
}
