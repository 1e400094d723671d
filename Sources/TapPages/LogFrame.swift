import CSodium

/// A frame of SQLite's write-ahead log ("WAL File Format", section 4.1): a header of 24 bytes and a page.
///
/// The header has the page number, the size of the database in pages if the frame ends a transaction or 0, two salts
/// that tell the generation of the log, and a checksum over all frames until then: six numbers of 32 bits, big-endian.
enum LogFrame {
    static let headerBytes = 24
    static let size = headerBytes + PageForm.pageSize

    /// Where the first frame begins: behind the header of the log.
    static let first: Int64 = 32

    /// Where a frame begins; they count from 0.
    static func offset(of frame: Int64) -> Int64 { first + frame * Int64(size) }

    /// What the page of a frame of a sealed log is bound to.
    static func place(_ header: UnsafeRawPointer, at offset: Int64) -> SealedPage.Place {
        .log(UInt32(bigEndian: header.loadUnaligned(as: UInt32.self)), offset: offset)
    }

    /// Masks the checksum in the header of a frame of a sealed log, or takes the mask off.
    ///
    /// In the clear it would tell whether a guess of the page is right. The mask is the SipHash-2-4 of the frame's place
    /// and of the rest of its header, under a key of its own.
    static func mask(_ header: UnsafeMutableRawPointer, at offset: Int64, _ key: SealKey) {
        let (rest, more) = (
            header.loadUnaligned(as: UInt64.self), header.loadUnaligned(fromByteOffset: 8, as: UInt64.self)
        )
        var mask: UInt64 = 0
        withUnsafeBytes(of: (rest, more, offset.littleEndian)) { input in
            withUnsafeMutablePointer(to: &mask) { mask in
                _ = crypto_shorthash(
                    UnsafeMutableRawPointer(mask).assumingMemoryBound(to: UInt8.self),
                    input.assumingMemoryBound(to: UInt8.self).baseAddress, UInt64(input.count), key.maskBytes)
            }
        }
        let checksum = header.loadUnaligned(fromByteOffset: 16, as: UInt64.self)
        header.storeBytes(of: checksum ^ mask, toByteOffset: 16, as: UInt64.self)
    }
}
