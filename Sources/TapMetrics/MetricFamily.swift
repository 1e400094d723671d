/// All that is measured under one name.
package struct MetricFamily: Sendable, Equatable {
    /// What the values mean.
    package enum Kind: String, Sendable {
        /// Grows only, from zero at the start of the process.
        case counter
        /// Goes up and down.
        case gauge
        /// Counts observations by their size.
        case histogram
    }

    /// The name: letters, digits and underscores, with the unit at its end, and `_total` behind it for a counter.
    package var name: String
    package var kind: Kind
    /// A sentence for people.
    package var help: String
    package var samples: [MetricSample]

    package init(_ name: String, _ kind: Kind, _ help: String, _ samples: [MetricSample]) {
        self.name = name
        self.kind = kind
        self.help = help
        self.samples = samples
    }

    /// A family of one value without labels.
    package init(_ name: String, _ kind: Kind, _ help: String, value: Double) {
        self.init(name, kind, help, [MetricSample(value)])
    }
}

/// One value of a family.
package struct MetricSample: Sendable, Equatable {
    /// What stands behind the name of the family: `_bucket`, `_sum` or `_count` in a histogram, else nothing.
    var suffix = ""
    package var labels: [MetricLabel]
    package var value: Double

    /// A value, in the base unit that the name of its family says.
    package init(_ value: Double, _ labels: MetricLabel...) { self.init(value, labels: labels) }

    init(_ value: Double, suffix: String = "", labels: [MetricLabel]) {
        self.value = value
        self.suffix = suffix
        self.labels = labels
    }
}

/// What tells one value of a family from another.
package struct MetricLabel: Sendable, Hashable, Comparable {
    /// Letters, digits and underscores.
    package var name: String
    /// Any text.
    package var value: String

    package init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }

    package static func < (left: MetricLabel, right: MetricLabel) -> Bool {
        (left.name, left.value) < (right.name, right.value)
    }
}
