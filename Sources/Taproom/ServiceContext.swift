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
    /// One socket for each of the settings' endpoints, in their order: bound, non-blocking, and listening unless datagrams
    /// come there.
    public let listeners: [Listener]

    /// The door to the application that the service is part of; nil: there is none, or nobody carries the tools.
    package let shell: (any ApplicationShell)?

    private let identity: Int64
    private let store: any StateStore

    package init(
        name: String, logger: Logger, listeners: [Listener], identity: Int64, store: any StateStore,
        shell: (any ApplicationShell)? = nil
    ) {
        self.name = name
        self.logger = logger
        self.listeners = listeners
        self.identity = identity
        self.store = store
        self.shell = shell
    }

    /// The same for a part of a service that has some of its sockets.
    package func with(_ listeners: [Listener]) -> ServiceContext {
        ServiceContext(name: name, logger: logger, listeners: listeners, identity: identity, store: store)
    }

    /// The same in two parts, for a service that is made of two which listen: the first has so many of the listeners, the
    /// second has the others.
    ///
    ///     let (commands, pages) = context.divided(after: settings.listen.elements.count)
    ///
    /// State belongs to the whole: both parts open the same cells and tables, and what one changes the other sees.
    public func divided(after count: Int) -> (ServiceContext, ServiceContext) {
        let part = { (listeners: ArraySlice<Listener>) in
            ServiceContext(name: name, logger: logger, listeners: Array(listeners), identity: identity, store: store)
        }
        return (part(listeners.prefix(count)), part(listeners.dropFirst(count)))
    }

    /// Opens a cell with what it held when it was last stored, or its initial value the first time.
    ///
    /// Throws when the stored value can't be read as the cell's type, or comes from a newer version of the program; it
    /// stays stored as it is.
    public func open<Value, Durability>(_ cell: Cell<Value, Durability>) async throws -> StoredCell<Value, Durability> {
        let address = StateAddress(service: identity, cell: cell.name)
        if let known = store.opened(at: address) as? StoredCell<Value, Durability> { return known }
        let opened = try await StoredCell(cell, service: identity, in: store)
        store.keepOpened(opened, at: address)
        return opened
    }

    /// Opens a table.
    ///
    /// No row is read yet.
    public func open<Key, Value, Durability>(
        _ table: Table<Key, Value, Durability>
    ) -> StoredTable<Key, Value, Durability> {
        let address = StateAddress(service: identity, cell: table.name)
        if let known = store.opened(at: address) as? StoredTable<Key, Value, Durability> { return known }
        let opened = StoredTable(table, service: identity, in: store)
        store.keepOpened(opened, at: address)
        return opened
    }

    /// Changes several cells and rows of the durability `always` together, and returns when all is on disk.
    ///
    ///     try await context.transaction { change in
    ///         try change.update(total) { $0 += 1 }
    ///         change.set(Visit(), for: name, in: visits)
    ///     }
    ///
    /// `body` runs on the tap's own thread: it should compute and not wait. When it throws, or the disk does, everything is
    /// as before and nothing is stored.
    public func transaction<Result: Sendable>(
        _ body: @escaping @Sendable (StateTransaction) throws -> Result
    ) async throws -> Result {
        try await store.transaction(body)
    }
}

/// A listening socket that the runner made, bound and keeps.
public struct Listener: Sendable {
    /// How many connections the kernel keeps waiting for a busy application.
    package static let backlog: Int32 = 4096

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
