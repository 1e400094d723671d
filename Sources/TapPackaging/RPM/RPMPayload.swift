import TapCompression

/// The payload of an rpm, compressed in a file of its own: what the header says about it is known when it is whole.
final class RPMPayload {
    let file: OutputFile
    /// How many bytes it has before it is compressed.
    private(set) var size = 0
    /// The checksum of what is in the file.
    private(set) var digest: [UInt8] = []
    /// The checksum of what was compressed.
    private(set) var plainDigest: [UInt8] = []
    private var sum = SHA256()
    private var plainSum = SHA256()

    /// Compresses what `body` writes.
    ///
    /// Throws what `body` throws, and `SystemCallError`.
    init(_ file: OutputFile, _ compression: Compression, _ body: (@escaping ByteSink) throws -> Void) throws {
        self.file = file
        try compression.compress { [self] bytes in
            sum.add(bytes)
            try file.write(bytes)
        } _: { sink in
            try body { [self] bytes in
                plainSum.add(bytes)
                size += bytes.count
                try sink(bytes)
            }
        }
        digest = sum.finish()
        plainDigest = plainSum.finish()
    }
}
