import Glibc

/// One thing a program did with the files of a folder, as FileTrace.c records it.
package struct FileOperation: Sendable {
    /// The numbers are those of the records.
    package enum Kind: UInt8, Sendable, CaseIterable {
        case openForReading = 1
        case openForChanging, create, write, truncate, synchronize, rename, link, unlink, close
        /// Something was written to the file `ack`, which is a message and no file.
        case acknowledge
        /// A call whose effect is not recorded.
        case unknown

        /// Whether the operation has a number at which it can be made to fail.
        package var isCounted: Bool { rawValue < Kind.close.rawValue }
    }

    package var kind: Kind
    /// errno when it failed, else 0.
    package var failure: CInt
    /// The descriptor.
    package var file: Int
    /// As open(2) and renameat2(2) take them.
    package var flags: UInt32
    /// Where a write begins, or the size that is left by truncating.
    package var offset: Int
    /// The path in the folder; empty for the folder itself.
    package var name: String
    /// The new name.
    package var otherName: String
    package var data: [UInt8]
}

extension FileOperation {
    /// The operations of a trace, in their order.
    ///
    /// Throws ``TortureError`` when it is cut off.
    package static func read(_ trace: [UInt8]) throws -> [FileOperation] {
        var operations: [FileOperation] = []
        var rest = trace[...]
        while !rest.isEmpty { operations.append(try next(&rest)) }
        if let call = operations.first(where: { $0.kind == .unknown }) {
            throw TortureError("the trace does not tell what was done with \(call.name)")
        }
        return operations
    }

    private static func next(_ rest: inout ArraySlice<UInt8>) throws -> FileOperation {
        func take(_ count: Int) throws -> ArraySlice<UInt8> {
            guard count <= rest.count else { throw TortureError("the trace is cut off") }
            defer { rest = rest.dropFirst(count) }
            return rest.prefix(count)
        }
        func number(_ count: Int) throws -> Int {
            Int(truncatingIfNeeded: try take(count).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
        }
        guard let kind = Kind(rawValue: UInt8(try number(1))) else { throw TortureError("the trace can't be read") }
        let failure = CInt(try number(1))
        let lengths = (try number(2), try number(2))
        let (file, flags, dataLength) = (try number(4), UInt32(try number(4)), try number(4))
        let offset = try number(8)
        return FileOperation(
            kind: kind, failure: failure, file: file, flags: flags, offset: offset,
            name: String(decoding: try take(lengths.0), as: UTF8.self),
            otherName: String(decoding: try take(lengths.1), as: UTF8.self), data: Array(try take(dataLength)))
    }
}

/// What keeps a part from being done at all; what it finds are ``Findings``.
package struct TortureError: Error, CustomStringConvertible {
    package let description: String

    init(_ description: String) { self.description = description }
}
