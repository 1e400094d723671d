package import TapData
package import TapFile
package import Taproom

/// The stored value of one cell or row, and whose it is.
package struct StateEntry: Sendable, Equatable {
    package var address: StateAddress
    package var value: StoredValue

    /// The value as data.
    ///
    /// Throws ``CBORError``.
    package func datum() throws -> Datum { try CBOR.decode(value.bytes) }
}

extension Tap {
    /// All cells and rows of all services at a revision, or now, in the order of their addresses.
    ///
    /// For taps that fit into memory. Throws ``TapFileError``.
    package func state(at revision: Int? = nil) throws -> [StateEntry] {
        try stateCells().flatMap { cell in
            try rows(of: cell, at: revision, limit: .max).map { row in
                StateEntry(
                    address: StateAddress(service: cell.service, cell: cell.cell, key: row.key), value: row.value)
            }
        }
    }
}
