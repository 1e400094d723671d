/// Writes the file of an rpm, as "V4 Package format" of rpm's manual describes it: lead, signature, header, payload.
///
/// Nothing is signed: the signature has checksums, and room in which `rpmsign` can put a signature.
struct RPMWriter {
    /// The checksums of the payload: as it is in the file, and before it was compressed.
    struct PayloadDigests {
        /// As long as those that are to come.
        static let unknown = PayloadDigests(compressed: String(repeating: "0", count: 64), plain: String(repeating: "0", count: 64))

        let compressed: String
        let plain: String
    }

    private static let leadSize = 96
    /// As much as rpmbuild leaves room for.
    private static let signatureRoom = 4096

    let output: OutputFile
    let name: String
    let architecture: PackageArchitecture

    /// Writes a whole package.
    ///
    /// What comes first depends on what comes last: first the payload is written behind room for the rest, whose size is
    /// known, and then the rest.
    ///
    /// - Parameters:
    ///   - header: makes the header, equally long whatever the checksums.
    ///   - payload: writes the payload, not compressed.
    /// - Throws: what `payload` throws, and what writing does.
    func write(header: (PayloadDigests) -> RPMHeader, payload: (@escaping ByteSink) throws -> Void) throws {
        let headerSize = header(.unknown).bytes.count
        let headerStart = Self.leadSize + signatureSize
        try output.write([UInt8](repeating: 0, count: headerStart + headerSize))
        let (digests, payloadSize) = try write(payload)
        let finalHeader = header(digests).bytes
        precondition(finalHeader.count == headerSize, "the header is as long as it was said to be")
        try output.replace(at: headerStart, with: finalHeader)
        let signature = try signature(of: finalHeader, at: headerStart, payloadSize: payloadSize)
        try output.replace(at: 0, with: lead + signature)
    }

    /// Compresses the payload; answers its checksums, and its size before it was compressed.
    private func write(_ payload: (@escaping ByteSink) throws -> Void) throws -> (PayloadDigests, size: Int) {
        let sums = PayloadSums()
        let compression = try ZstdStream { [output] bytes in
            sums.compressed.add(bytes)
            try output.write(bytes)
        }
        try payload { bytes in
            sums.plain.add(bytes)
            sums.size += bytes.count
            try compression.write(bytes)
        }
        try compression.finish()
        return (
            PayloadDigests(
                compressed: sums.compressed.finish().hexadecimal, plain: sums.plain.finish().hexadecimal), sums.size
        )
    }

    /// The bytes by which other programs know an rpm; rpm itself reads the header.
    private var lead: [UInt8] {
        let magic: [UInt8] = [0xed, 0xab, 0xee, 0xdb, 3, 0]
        let binary: UInt16 = 0
        // As in rpmrc; packages for all machines have the first number.
        let machine: UInt16 = architecture == .arm ? 19 : 1
        let name = Array(name.utf8.prefix(65))
        let linux: UInt16 = 1
        let headerStyle: UInt16 = 5
        let text = name + [UInt8](repeating: 0, count: 66 - name.count)
        return magic + binary.bigEndianBytes + machine.bigEndianBytes + text + linux.bigEndianBytes
            + headerStyle.bigEndianBytes + [UInt8](repeating: 0, count: 16)
    }

    /// The size of the signature with the zeros that bring it to a multiple of eight.
    private var signatureSize: Int { (Self.signature(header: [], md5: MD5.of([]), size: 0, payloadSize: 0).count + 7) & ~7 }

    private func signature(of header: [UInt8], at start: Int, payloadSize: Int) throws -> [UInt8] {
        var md5 = MD5()
        try output.read(from: start) { md5.add($0) }
        let signature = Self.signature(
            header: header, md5: md5.finish(), size: output.count - start, payloadSize: payloadSize)
        return signature + [UInt8](repeating: 0, count: signatureSize - signature.count)
    }

    /// The signature: the room in it is smaller by what sizes of 64 bits need more than others.
    private static func signature(header: [UInt8], md5: [UInt8], size: Int, payloadSize: Int) -> [UInt8] {
        var signature = RPMHeader(region: .signatureRegion)
        signature[.sha1] = .string(SHA1.of(header).hexadecimal)
        signature[.sha256] = .string(SHA256.of(header).hexadecimal)
        signature[.md5] = .bytes(md5)
        if let size = UInt32(exactly: size), let payloadSize = UInt32(exactly: payloadSize) {
            signature[.packageSize] = .int32([size])
            signature[.payloadSize] = .int32([payloadSize])
        } else {
            signature[.longPackageSize] = .int64([UInt64(size)])
            signature[.longPayloadSize] = .int64([UInt64(payloadSize)])
        }
        let length = signature.bytes.count
        signature[.reserved] = .bytes([UInt8](repeating: 0, count: signatureRoom - length))
        return signature.bytes
    }
}

/// Checksums that grow in closures.
private final class PayloadSums {
    var compressed = SHA256()
    var plain = SHA256()
    var size = 0
}
