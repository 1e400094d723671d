import Synchronization
import TapFile
import Taproom

/// The state of an application whose services are about to be made: all their cells are read at once.
///
/// Each value is given out once, to who opens its cell first; everything else is asked of the tap's writer. Asking that for
/// each of a thousand cells would be two thousand waits of one thread for another.
final class StartingState: StateStore {
    private let writer: TapWriter
    private let cells: Mutex<[StateAddress: StoredValue?]>

    /// Reads the cells of services, and answers them with the numbers their state is stored under.
    static func read(
        _ planned: [PlannedService], _ writer: TapWriter
    ) async throws -> (state: StartingState, identities: [String: Int64]) {
        let (cells, identities) = try await writer.perform { tap in
            let identities = try tap.identities()
            var cells: [StateAddress: StoredValue?] = [:]
            for plan in planned {
                for cell in plan.kind.state where !cell.isTable {
                    let address = StateAddress(service: identities[plan.path] ?? 0, cell: cell.name)
                    cells[address] = .some(try tap.stateValue(address))
                }
            }
            return (cells, identities)
        }
        return (StartingState(cells, writer), identities)
    }

    private init(_ cells: [StateAddress: StoredValue?], _ writer: TapWriter) {
        self.cells = Mutex(cells)
        self.writer = writer
    }

    func read(_ address: StateAddress) async throws -> StoredValue? {
        if let value = cells.withLock({ $0.removeValue(forKey: address) }) { return value }
        return try await writer.read(address)
    }

    func rows(
        of cell: String, service: Int64, in range: StateRange, descending: Bool, limit: Int
    ) async throws -> [StoredRow] {
        try await writer.rows(of: cell, service: service, in: range, descending: descending, limit: limit)
    }

    func count(of cell: String, service: Int64, in range: StateRange) async throws -> Int {
        try await writer.count(of: cell, service: service, in: range)
    }

    func submit(_ update: any StateUpdate) { writer.submit(update) }
    func attach(_ state: any DeferredState) { writer.attach(state) }
    func wake() { writer.wake() }
    func noteChanged(_ state: any DeferredState) { writer.noteChanged(state) }
    func opened(at address: StateAddress) -> (any AnyObject & Sendable)? { writer.opened(at: address) }
    func keepOpened(_ state: any AnyObject & Sendable, at address: StateAddress) {
        writer.keepOpened(state, at: address)
    }
}
