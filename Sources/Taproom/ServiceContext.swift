public import Logging

#if canImport(Glibc)
    import Glibc
#endif

/// What a service is given when it is made.
public struct ServiceContext: Sendable {
    /// The name of the service in the application: `web`, or `backends/api` inside of a group.
    public let name: String
    /// Where the service writes its log.
    ///
    /// Its name is known already.
    public let logger: Logger
    /// One socket for each of the settings' endpoints, in their order: bound, listening, non-blocking.
    public let listeners: [Listener]

    private let identity: Int64
    private let store: any StateStore

    package init(name: String, logger: Logger, listeners: [Listener], identity: Int64, store: any StateStore) {
        self.name = name
        self.logger = logger
        self.listeners = listeners
        self.identity = identity
        self.store = store
    }

    /// Opens a cell with what it held when it was last stored, or its initial value the first time.
    ///
    /// Throws when the stored value can't be read as the cell's type, or comes from a newer version of the program; it
    /// stays stored as it is.
    public func open<Value, Durability>(_ cell: Cell<Value, Durability>) async throws -> StoredCell<Value, Durability> {
        try await StoredCell(cell, at: StateAddress(service: identity, cell: cell.name), in: store)
    }
}

/// A listening socket that the runner made, bound and keeps.
public struct Listener: Sendable {
    /// Where the socket is bound, with the real port when any free one was asked for.
    public let endpoint: Endpoint
    private let descriptor: CInt

    package init(endpoint: Endpoint, descriptor: CInt) {
        self.endpoint = endpoint
        self.descriptor = descriptor
    }

    /// Another descriptor of the same socket, close-on-exec, for the caller to close.
    ///
    /// Throws ``SystemCallError``.
    public func duplicate() throws -> CInt {
        let copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 0)
        guard copy >= 0 else { throw SystemCallError("duplicate the socket of \(endpoint)") }
        return copy
    }
}
