extension PasswordHash {
    /// Letters and digits that nobody takes for others.
    private static let letters = Array("abcdefghijkmnpqrstuvwxyz23456789")

    /// A password that nobody can guess, and its hash.
    ///
    /// It has 80 bits, in four groups of four.
    ///
    /// Throws ``PasswordError/noMemory``.
    package static func madeUp() throws(PasswordError) -> (password: String, hash: PasswordHash) {
        var random = SystemRandomNumberGenerator()
        let groups = (0..<4).map { _ in
            String((0..<4).map { _ in letters[Int.random(in: letters.indices, using: &random)] })
        }
        let password = groups.joined(separator: "-")
        return (password, try PasswordHash(password))
    }
}
