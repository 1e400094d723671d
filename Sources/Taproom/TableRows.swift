/// Rows of a table, read a few hundred at a time while they are looped over.
///
/// Each page is as the table is when it is read; rows that are changed during the loop show as they are then. A loop over
/// millions of rows holds one page in memory.
public struct TableRows<Key: TableKey, Value: Sendable>: AsyncSequence {
    typealias Page = (rows: [(key: Key, value: Value)], last: StateKey?)

    private static var rowsOfAPage: Int { 256 }

    private let page: @Sendable (_ after: StateKey?, _ limit: Int) async throws -> Page

    init(_ page: @escaping @Sendable (_ after: StateKey?, _ limit: Int) async throws -> Page) { self.page = page }

    /// Begins at the first row.
    public func makeAsyncIterator() -> Iterator { Iterator(page: page) }

    /// The place in the rows.
    public struct Iterator: AsyncIteratorProtocol {
        fileprivate let page: @Sendable (_ after: StateKey?, _ limit: Int) async throws -> Page
        private var rows: ArraySlice<(key: Key, value: Value)> = []
        private var last: StateKey?
        private var isAtEnd = false

        fileprivate init(page: @escaping @Sendable (_ after: StateKey?, _ limit: Int) async throws -> Page) {
            self.page = page
        }

        /// The next row, or nil behind the last one.
        ///
        /// Throws when a row can't be read.
        public mutating func next() async throws -> (key: Key, value: Value)? {
            while rows.isEmpty {
                guard !isAtEnd else { return nil }
                let next = try await page(last, TableRows.rowsOfAPage)
                rows = next.rows[...]
                last = next.last
                isAtEnd = last == nil
            }
            return rows.popFirst()
        }
    }
}
