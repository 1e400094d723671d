/// What somebody may do with an application that runs; who may more may all that is less.
package enum ControlRole: String, Sendable, Codable, Comparable, CaseIterable {
    /// To look.
    case read
    /// To change it too.
    case write
    /// To make tokens too, with which others may look and change.
    case own

    package static func < (left: ControlRole, right: ControlRole) -> Bool {
        let order = allCases
        return (order.firstIndex(of: left) ?? 0) < (order.firstIndex(of: right) ?? 0)
    }
}
