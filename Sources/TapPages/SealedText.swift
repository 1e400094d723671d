import TapData
package import Taproom

/// Text locked up with a passphrase, as a block that can be mailed or pasted.
///
/// The block is in the form of RFC 7468: Base64 in lines of 64 between a line BEGIN and a line END. Its bytes are the
/// parameters of the key of the passphrase, the sealed text (24 bytes nonce, the cipher, 16 authentication), and a checksum,
/// by which a damaged block and a wrong passphrase are told apart.
package enum SealedText {
    private static let begin = "-----BEGIN TAPROOM SEALED DESCRIPTION-----"
    private static let end = "-----END TAPROOM SEALED DESCRIPTION-----"
    private static let checksumBytes = SealedBytes.checksum([]).count

    /// Whether a text has such a block in it.
    package static func isPresent(in text: String) -> Bool { lines(of: text).contains(begin) }

    /// Locks a text up.
    ///
    /// Takes the time and memory that the cost says. Throws ``SystemCallError`` when the memory can't be had.
    package static func seal(
        _ text: String, passphrase: String, cost: SealCost = .standard
    ) throws(SystemCallError) -> String {
        let parameters = SealParameters(cost)
        let key = try parameters.key(of: passphrase)
        let sealed = Array(text.utf8).withUnsafeBufferPointer {
            SealedBytes.close($0, boundTo: bound(parameters), key)
        }
        let content = parameters.bytes + sealed
        let base64 = Array(Base64.encode(content + SealedBytes.checksum(content)).utf8)
        let lines = stride(from: 0, to: base64.count, by: 64).map { start in
            String(decoding: base64[start..<min(start + 64, base64.count)], as: UTF8.self)
        }
        return ([begin] + lines + [end, ""]).joined(separator: "\n")
    }

    /// Opens the first block in a text; what is before and behind it is passed over.
    ///
    /// - Parameters:
    ///   - armored: a text with a block in it.
    ///   - passphrase: what it was sealed with.
    ///   - name: how errors call it, a path or what it is.
    /// - Returns: the text that was sealed.
    /// - Throws: ``SealError``, or ``SystemCallError`` when the memory for the key can't be had.
    package static func open(_ armored: String, passphrase: String, name: String) throws -> String {
        let content = try content(of: armored, name)
        let version = SealParameters.version(content.prefix(SealParameters.size))
        guard version == SealParameters.version else { throw SealError.newerVersion(name, version: version) }
        guard let parameters = SealParameters(content.prefix(SealParameters.size)) else {
            throw SealError.damagedText(name)
        }
        let sealed = Array(content.dropFirst(SealParameters.size))
        guard sealed.count >= SealedBytes.overheadBytes else { throw SealError.damagedText(name) }
        let key = try parameters.key(of: passphrase)
        var isOpen = false
        let text = [UInt8](unsafeUninitializedCapacity: sealed.count - SealedBytes.overheadBytes) { target, count in
            isOpen = SealedBytes.open(sealed, boundTo: bound(parameters), key, to: target.baseAddress)
            count = isOpen ? sealed.count - SealedBytes.overheadBytes : 0
        }
        guard isOpen else { throw SealError.wrongPassphrase(name) }
        return String(decoding: text, as: UTF8.self)
    }

    /// A text is never taken for the key of a tap, which is bound to another word.
    private static func bound(_ parameters: SealParameters) -> [UInt8] {
        Array("TAPROOM SEALED DESCRIPTION".utf8) + parameters.bytes
    }

    /// The lines of a text, without what mail puts around them.
    private static func lines(of text: String) -> [String] {
        text.split(whereSeparator: \.isNewline).map { line in
            String(line.drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
        }
    }

    /// The bytes of the block, without the checksum, which is right.
    private static func content(of armored: String, _ name: String) throws(SealError) -> [UInt8] {
        let lines = lines(of: armored)
        guard let first = lines.firstIndex(of: begin), let last = lines[first...].firstIndex(of: end),
            let bytes = Base64.decode(lines[(first + 1)..<last].joined()),
            bytes.count >= SealParameters.size + checksumBytes
        else { throw .damagedText(name) }
        let content = Array(bytes.dropLast(checksumBytes))
        guard SealedBytes.checksum(content) == Array(bytes.suffix(checksumBytes)) else { throw .damagedText(name) }
        return content
    }
}
