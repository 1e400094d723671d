import ServiceLifecycle
public import TapData
public import Taproom

extension KindConformance {
    /// Checks what a kind does while it runs: that it starts, takes connections, stops, starts again with what it remembers,
    /// and comes to other settings, by a live change where the kind says that it can, by a new start where not.
    ///
    ///     @Test(.timeLimit(.minutes(1))) func shopRuns() async throws {
    ///         try await KindConformance.checkRunning(Shop.self, changes: [Shop.Settings(title: "Cheese")])
    ///     }
    ///
    /// It listens on free ports of 127.0.0.1. A service that does not stop holds up the test, so give it a time limit.
    ///
    /// - Parameters:
    ///   - kind: the kind.
    ///   - settings: the settings to begin with; the defaults unless told otherwise.
    ///   - changes: settings to go on to, one after the other, with what is remembered.
    /// - Throws: ``TestFailure`` with everything that is wrong.
    public static func checkRunning<Kind: ServiceKind>(
        _ kind: Kind.Type, settings: Kind.Settings = Kind.Settings(), changes: [Kind.Settings] = []
    ) async throws {
        let state = TestState()
        var problems: [String] = []
        problems += await startProblems(kind, settings, state, "the first start")
        problems += await startProblems(kind, settings, state, "a start with what it remembers")
        for (old, new) in zip([settings] + changes, changes) {
            problems +=
                old.endpoints == new.endpoints && kind.canReconfigure(from: old, to: new)
                ? await changeProblems(kind, from: old, to: new, state)
                : await startProblems(kind, new, state, "a start with other settings")
        }
        let declared = Set(kind.state.map(\.name))
        for name in Set(state.store.values.keys.map(\.cell)).subtracting(declared).sorted() {
            problems.append("\"\(name)\" is remembered and not declared: it belongs into `state`")
        }
        try report(problems, of: kind)
    }

    private static func startProblems<Kind: ServiceKind>(
        _ kind: Kind.Type, _ settings: Kind.Settings, _ state: TestState, _ occasion: String
    ) async -> [String] {
        do {
            return try await withService(kind, settings: settings, state: state) { service in
                service.addresses.indices.compactMap { index in
                    (try? service.connect(to: index)) == nil
                        ? "\(occasion): nobody can connect to \(service.addresses[index])" : nil
                }
            }
        } catch {
            return ["\(occasion) fails: \(error)"]
        }
    }

    private static func changeProblems<Kind: ServiceKind>(
        _ kind: Kind.Type, from old: Kind.Settings, to new: Kind.Settings, _ state: TestState
    ) async -> [String] {
        do {
            let usable = try kind.use(stored: kind.canonical(new))
            return try await withMadeService(kind, settings: old, state: state) { _, service in
                guard let change = try await usable.reconfiguration(service) else {
                    return [
                        "canReconfigure says that it can change while it runs, and its service is no ReconfigurableService"
                    ]
                }
                change()
                return []
            }
        } catch {
            return ["a change while it runs fails: \(error)"]
        }
    }
}
