import Synchronization

/// Changes of several cells and rows that are stored together or not at all.
///
/// It is given to the body of ``ServiceContext/transaction(_:)`` and means nothing outside of it. It sees its own changes;
/// nobody else does until all are on disk.
public final class StateTransaction {
    private let batch: any StateBatch
    private var staged: [StateAddress: any StagedChange] = [:]

    init(_ batch: any StateBatch) { self.batch = batch }

    /// The value of a cell.
    public func value<Value>(of cell: StoredCell<Value, Always>) -> Value {
        (staged[cell.address] as? StagedCell<Value>)?.value ?? cell.latest
    }

    /// Changes a cell.
    ///
    /// When `body` throws, the cell is as before.
    public func update<Value, Result>(
        _ cell: StoredCell<Value, Always>, _ body: (inout Value) throws -> Result
    ) throws -> Result {
        var value = value(of: cell)
        let result = try body(&value)
        staged[cell.address] = StagedCell(cell: cell, value: value)
        return result
    }

    /// The value of a row, or nil when there is none.
    ///
    /// Throws when the disk can't be read, or the value not as the table's type.
    public func value<Key, Value>(for key: Key, in table: StoredTable<Key, Value, Always>) throws -> Value? {
        if let change = staged[table.address(key)] as? StagedRow<Key, Value> { return change.value }
        return try table.latest(key, batch)
    }

    /// Changes a row: nil before means that there is none, nil afterwards removes it.
    ///
    /// When `body` throws, the row is as before.
    public func update<Key, Value, Result>(
        _ key: Key, in table: StoredTable<Key, Value, Always>, _ body: (inout Value?) throws -> Result
    ) throws -> Result {
        var value = try value(for: key, in: table)
        let result = try body(&value)
        staged[table.address(key)] = StagedRow(table: table, key: key, value: value)
        return result
    }

    /// Sets a row; nil removes it.
    public func set<Key, Value>(_ value: Value?, for key: Key, in table: StoredTable<Key, Value, Always>) {
        staged[table.address(key)] = StagedRow(table: table, key: key, value: value)
    }

    /// Hands all changes to the batch, when all can be encoded.
    fileprivate func stage() throws -> [any TransactionalState] {
        let values = try staged.mapValues { try $0.encoded() }
        for (address, value) in values { batch.write(address, value) }
        return staged.values.map { $0.stage() }
    }
}

/// A cell or table whose changes are made in transactions.
package protocol TransactionalState: AnyObject, Sendable {
    /// Tells how the transaction ended that changed it.
    func transactionEnded(committed: Bool)
}

private protocol StagedChange {
    func encoded() throws -> StoredValue?
    /// Shows the change to the transactions behind. Answers whom to tell about the end.
    func stage() -> any TransactionalState
}

private struct StagedCell<Value: Codable & Sendable>: StagedChange {
    let cell: StoredCell<Value, Always>
    let value: Value

    func encoded() throws -> StoredValue? { try cell.stored(value) }

    func stage() -> any TransactionalState {
        cell.setUncommitted(value)
        return cell
    }
}

private struct StagedRow<Key: TableKey, Value: Codable & Sendable>: StagedChange {
    let table: StoredTable<Key, Value, Always>
    let key: Key
    let value: Value?

    func encoded() throws -> StoredValue? { try value.map(table.stored) }

    func stage() -> any TransactionalState {
        table.setUncommitted(value, for: key)
        return table
    }
}

extension StateStore {
    /// Does something in a transaction and returns when it is on disk.
    func transaction<Result: Sendable>(
        _ body: @escaping @Sendable (StateTransaction) throws -> Result
    ) async throws -> Result {
        try await withCheckedThrowingContinuation { submit(TransactionUpdate(body, $0)) }
    }
}

/// One transaction on its way to the disk.
private final class TransactionUpdate<Result: Sendable>: StateUpdate {
    private struct Progress {
        var outcome: Swift.Result<Result, any Error> = .failure(StateError.closed)
        var touched: [any TransactionalState] = []
    }

    private let body: @Sendable (StateTransaction) throws -> Result
    private let continuation: CheckedContinuation<Result, any Error>
    private let progress = Mutex(Progress())

    init(
        _ body: @escaping @Sendable (StateTransaction) throws -> Result,
        _ continuation: CheckedContinuation<Result, any Error>
    ) {
        self.body = body
        self.continuation = continuation
    }

    func perform(_ batch: any StateBatch) throws {
        do {
            let transaction = StateTransaction(batch)
            let result = try body(transaction)
            let touched = try transaction.stage()
            progress.withLock { $0 = Progress(outcome: .success(result), touched: touched) }
        } catch let error as any StorageFailure {
            throw error
        } catch {
            // The author's error is the caller's alone: the others of the batch go on.
            progress.withLock { $0.outcome = .failure(error) }
        }
    }

    func finish(_ ending: Swift.Result<Void, any Error>) {
        let progress = progress.withLock { $0 }
        switch ending {
        case .success:
            for state in progress.touched { state.transactionEnded(committed: true) }
            continuation.resume(with: progress.outcome)
        case .failure(let error):
            for state in progress.touched { state.transactionEnded(committed: false) }
            continuation.resume(throwing: error)
        }
    }
}
