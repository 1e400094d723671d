/// What trying a passphrase costs: time and memory, with argon2id (RFC 9106).
package struct SealCost: Sendable, Equatable {
    /// How often the memory is gone through: 1 to 16.
    package let passes: Int
    /// The memory, in bytes: 8 KiB to 1 GiB.
    package let memoryBytes: Int

    /// For taps: 3 passes through 64 MiB, the second recommendation of RFC 9106, section 4, with one lane.
    package static let standard = SealCost(passes: 3, memoryBytes: 64 << 20)

    /// For tests: next to nothing.
    package static let minimal = SealCost(passes: 1, memoryBytes: 8 << 10)

    /// A cost within the bounds: a file from elsewhere must not exhaust the machine.
    init?(readPasses passes: Int, memoryBytes: UInt64) {
        guard (1...16).contains(passes), (8 << 10...1 << 30).contains(memoryBytes) else { return nil }
        self.init(passes: passes, memoryBytes: Int(memoryBytes))
    }

    private init(passes: Int, memoryBytes: Int) {
        self.passes = passes
        self.memoryBytes = memoryBytes
    }
}
