import CTapSystem
import Glibc

/// The limits of a program (setrlimit(2)); what is nil stays as it is for this process.
package struct ChildLimits: Sendable, Equatable {
    /// How many files it may have open.
    ///
    /// Nil: as many as here, but at most 1024 unless it asks for more itself, for servers raise theirs, and programs that use
    /// select(2) can't live with more.
    package var files: UInt64?
    /// The most bytes of address space of one process.
    package var memory: UInt64?
    /// The most seconds of processor time of one process.
    package var processor: UInt64?
    /// The greatest file that is written when it crashes, in bytes.
    package var core: UInt64?

    package init() {}

    /// The limits as the system takes them.
    var values: [tap_child_limit] {
        var values: [tap_child_limit] = []
        if let files {
            values.append(ChildLimits.value(RLIMIT_NOFILE, files, isFinal: true))
        } else {
            let now = ChildLimits.present(RLIMIT_NOFILE)
            values.append(
                tap_child_limit(resource: CInt(RLIMIT_NOFILE.rawValue), soft: min(now.soft, 1024), hard: now.hard))
        }
        if let memory { values.append(ChildLimits.value(RLIMIT_AS, memory, isFinal: true)) }
        if let processor { values.append(ChildLimits.value(RLIMIT_CPU, processor, isFinal: true)) }
        if let core { values.append(ChildLimits.value(RLIMIT_CORE, core, isFinal: false)) }
        return values
    }

    /// A limit as wanted, as far as this process may give it.
    private static func value(_ resource: __rlimit_resource, _ most: UInt64, isFinal: Bool) -> tap_child_limit {
        let now = present(resource)
        let wanted = geteuid() == 0 ? most : min(most, now.hard)
        return tap_child_limit(
            resource: CInt(resource.rawValue), soft: wanted, hard: isFinal ? wanted : max(wanted, now.hard))
    }

    private static func present(_ resource: __rlimit_resource) -> (soft: UInt64, hard: UInt64) {
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(resource.rawValue), &limit)
        return (UInt64(limit.rlim_cur), UInt64(limit.rlim_max))
    }
}
