/// Writes the file of an rpm, as "V4 Package format" of rpm's manual describes it: lead, signature, header, payload.
///
/// Nothing is signed: the signature has checksums, and room in which `rpmsign` can put a signature.
struct RPMWriter {
    /// As much as rpmbuild leaves room for.
    private static let signatureRoom = 4096

    let output: OutputFile
    /// Name, version and release.
    let name: String
    let architecture: PackageArchitecture

    /// Writes a whole package.
    ///
    /// Throws ``PackagingError/tooManyFiles`` and `SystemCallError`.
    func write(_ header: RPMHeader, _ payload: RPMPayload) throws {
        let header = header.bytes
        guard header.count < RPMHeader.maximumSize else { throw PackagingError.tooManyFiles }
        var md5 = MD5()
        header.withUnsafeBytes { md5.add($0) }
        try payload.file.read(from: 0) { md5.add($0) }
        try output.write(lead)
        try output.write(signature(of: header, payload, md5: md5.finish()))
        try output.write(header)
        try output.append(payload.file)
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

    /// Checksums and sizes of the header and the payload, and zeros to a multiple of eight.
    private func signature(of header: [UInt8], _ payload: RPMPayload, md5: [UInt8]) -> [UInt8] {
        var signature = RPMHeader(region: .signatureRegion)
        signature[.sha1] = .string(SHA1.of(header).hexadecimal)
        signature[.sha256] = .string(SHA256.of(header).hexadecimal)
        signature[.md5] = .bytes(md5)
        let size = header.count + payload.file.count
        if let size = UInt32(exactly: size), let payloadSize = UInt32(exactly: payload.size) {
            signature[.packageSize] = .int32([size])
            signature[.payloadSize] = .int32([payloadSize])
        } else {
            signature[.longPackageSize] = .int64([UInt64(size)])
            signature[.longPayloadSize] = .int64([UInt64(payload.size)])
        }
        signature[.reserved] = .bytes([UInt8](repeating: 0, count: Self.signatureRoom))
        let bytes = signature.bytes
        return bytes + [UInt8](repeating: 0, count: -bytes.count & 7)
    }
}
