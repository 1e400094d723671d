/// How the thread of a tap is doing.
package struct WriterCondition: Sendable, Equatable {
    /// How many changes wait for it.
    package var waiting = 0
    /// For how many seconds there have been changes of the durability `everySecond` that a crash would lose.
    package var promisedLossWindow = 0.0
    /// For how many seconds there have been changes of the durability `snapshot` that a crash would lose.
    package var snapshotLossWindow = 0.0
    /// Why the last change could not be stored; nil when it is on the disk.
    package var failure: String?

    package init() {}
}
