import TapTesting

/// Many bytes that can be made again, to be compared with what comes.
enum Pattern {
    private static let pieceBytes = 1 << 16

    private static func piece(_ number: Int, seed: UInt64, count: Int) -> [UInt8] {
        var generator = SeededGenerator(seed: seed &* 1_000_003 &+ UInt64(number))
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count + 8)
        while bytes.count < count {
            withUnsafeBytes(of: generator.next() as UInt64) { bytes.append(contentsOf: $0) }
        }
        return Array(bytes.prefix(count))
    }

    /// Sends so many bytes.
    static func send(_ count: Int, seed: UInt64, to connection: TestConnection) async throws {
        for number in 0..<(count / pieceBytes) {
            try await connection.send(piece(number, seed: seed, count: pieceBytes))
        }
    }

    /// Receives so many bytes, and answers whether they are the same.
    static func check(_ count: Int, seed: UInt64, from connection: TestConnection) async throws -> Bool {
        for number in 0..<(count / pieceBytes) {
            let bytes = try await connection.receive(count: pieceBytes)
            if bytes != piece(number, seed: seed, count: pieceBytes) { return false }
        }
        return true
    }
}
