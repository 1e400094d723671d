import CoreMetrics
import Synchronization

/// Knows everything that is measured in a process, and shows it as text.
///
/// There are two ways in. Events are written to instruments, which are made with the types of swift-metrics (`Counter`,
/// `Meter`, `Timer` …). What can be found out when somebody asks comes from sources, and costs nothing before.
package final class MetricsRegistry: Sendable {
    /// How long sources may take to answer; those that take longer are left out.
    private let sourceLimit: Duration

    private struct Family {
        let kind: MetricFamily.Kind
        var series: [[MetricLabel]: Series] = [:]
    }

    /// An instrument, and how many have it: it is shown until the last of them gives it back.
    private struct Series {
        let instrument: any Instrument
        var users = 1
    }

    private struct Contents {
        var families: [String: Family] = [:]
        var help: [String: String] = [:]
        var sources: [@Sendable () async -> [MetricFamily]] = []
    }

    private let contents = Mutex(Contents())

    /// A registry that swift-metrics does not know.
    ///
    /// `sourceLimit` is how long each source is waited for.
    package init(sourceLimit: Duration = .seconds(1)) { self.sourceLimit = sourceLimit }

    /// The registry of this process: what swift-metrics writes to.
    ///
    /// A program that has told swift-metrics of another place keeps that; only sources are here then.
    package static let process: MetricsRegistry = {
        let registry = MetricsRegistry()
        if MetricsSystem.factory is NOOPMetricsHandler { MetricsSystem.bootstrap(registry) }
        registry.addSource { ProcessFigures.families }
        return registry
    }()

    /// Says for people what a metric means.
    package func describe(_ name: String, _ help: String) { contents.withLock { $0.help[name] = help } }

    /// Adds something that is asked each time the metrics are.
    ///
    /// It should give the same families each time, with samples or without.
    package func addSource(_ source: @escaping @Sendable () async -> [MetricFamily]) {
        contents.withLock { $0.sources.append(source) }
    }

    /// Everything, in the form of ``TextExposition``.
    ///
    /// Takes as long as the slowest source, at most the limit of the registry.
    package func text() async -> String { TextExposition.text(await families()) }

    /// Everything, each family once.
    package func families() async -> [MetricFamily] {
        let sources = contents.withLock { $0.sources }
        let answers = await withTaskGroup(of: (Int, [MetricFamily]?).self) { group in
            for (position, source) in sources.enumerated() {
                group.addTask { (position, await answer(within: self.sourceLimit, of: source)) }
            }
            var answers = [[MetricFamily]?](repeating: nil, count: sources.count)
            for await (position, families) in group { answers[position] = families }
            return answers
        }
        let silent = MetricFamily(
            "taproom_silent_metric_sources", .gauge, "How many sources of metrics did not answer in time just now.",
            value: Double(answers.count { $0 == nil }))
        return MetricsRegistry.merged(instrumentFamilies() + answers.flatMap { $0 ?? [] } + [silent])
    }

    private func instrumentFamilies() -> [MetricFamily] {
        contents.withLock { contents in
            contents.families.map { name, family in
                let series = family.series.sorted { $0.key.lexicographicallyPrecedes($1.key) }
                return MetricFamily(
                    name, family.kind, contents.help[name] ?? "", series.flatMap { $0.value.instrument.samples })
            }
        }
    }

    /// Families of the same name as one, for each may be printed once.
    ///
    /// What is of another kind than the first of its name is left out.
    private static func merged(_ families: [MetricFamily]) -> [MetricFamily] {
        var merged: [String: MetricFamily] = [:]
        for family in families {
            if merged[family.name] == nil {
                merged[family.name] = family
            } else if merged[family.name]?.kind == family.kind {
                merged[family.name]?.samples += family.samples
            }
        }
        return Array(merged.values)
    }

    /// The instrument at an address: the one that is there, or a new one.
    ///
    /// When there is another kind of thing under its name, the new one works, but nobody sees it.
    func instrument<Kind: Instrument>(_ address: SeriesAddress, _ make: (SeriesAddress) -> Kind) -> Kind {
        contents.withLock { contents in
            // The family is not held in a constant, which would have it copied when it is changed below.
            if let known = contents.families[address.name]?.series[address.labels]?.instrument as? Kind {
                contents.families[address.name]?.series[address.labels]?.users += 1
                return known
            }
            let new = make(address)
            let family = contents.families[address.name]
            guard family?.kind ?? Kind.kind == Kind.kind, family?.series[address.labels] == nil else { return new }
            contents.families[address.name, default: Family(kind: Kind.kind)].series[address.labels] = Series(
                instrument: new)
            return new
        }
    }

    /// Shows an instrument no more.
    func remove(_ handler: AnyObject) {
        guard let instrument = handler as? any Instrument else { return }
        let address = instrument.address
        contents.withLock { contents in
            guard let series = contents.families[address.name]?.series[address.labels],
                series.instrument === instrument
            else { return }
            contents.families[address.name]?.series[address.labels]?.users -= 1
            guard series.users == 1 else { return }
            contents.families[address.name]?.series[address.labels] = nil
            if contents.families[address.name]?.series.isEmpty == true { contents.families[address.name] = nil }
        }
    }
}
