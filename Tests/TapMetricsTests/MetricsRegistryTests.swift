import CoreMetrics
@testable import TapMetrics
import Testing

@Suite struct MetricsRegistryTests {
    private let registry = MetricsRegistry()

    private func read() async throws -> ExpositionParser { try await ExpositionParser(registry.text()) }

    @Test func showsEachKindOfInstrument() async throws {
        Counter(label: "visits", dimensions: [("place", "door")], factory: registry).increment(by: 3)
        FloatingPointCounter(label: "rain_liters", factory: registry).increment(by: 0.5)
        let level = Meter(label: "water", factory: registry)
        level.set(7)
        level.increment(by: 2.5)
        level.decrement(by: 1)
        Recorder(label: "speed", factory: registry).record(30)
        Gauge(label: "warmth", factory: registry).record(-4.25)
        registry.describe("visits_total", "Who came\nto \\ \"us\".")
        let text = await registry.text()
        #expect(
            text == """
                # TYPE rain_liters_total counter
                rain_liters_total 0.5
                # TYPE speed histogram
                speed_bucket{le="1"} 0
                speed_bucket{le="10"} 0
                speed_bucket{le="100"} 1
                speed_bucket{le="1000"} 1
                speed_bucket{le="10000"} 1
                speed_bucket{le="100000"} 1
                speed_bucket{le="1000000"} 1
                speed_bucket{le="10000000"} 1
                speed_bucket{le="100000000"} 1
                speed_bucket{le="1000000000"} 1
                speed_bucket{le="+Inf"} 1
                speed_sum 30
                speed_count 1
                # HELP taproom_silent_metric_sources How many sources of metrics did not answer in time just now.
                # TYPE taproom_silent_metric_sources gauge
                taproom_silent_metric_sources 0
                # HELP visits_total Who came\\nto \\\\ "us".
                # TYPE visits_total counter
                visits_total{place="door"} 3
                # TYPE warmth gauge
                warmth -4.25
                # TYPE water gauge
                water 8.5

                """)
        _ = try ExpositionParser(text)
    }

    @Test(arguments: ["a\\b", "a\"b", "a\nb", "ä €", "", "\\n", "a,b=\"c\"}"])
    func labelsCarryAnyText(value: String) async throws {
        Counter(label: "seen", dimensions: [("what", value)], factory: registry).increment()
        try await #expect(read().value("seen_total", ["what": value]) == 1)
    }

    @Test(arguments: [
        ("http.requests", "http_requests_total"), ("9lives", "_9lives_total"), ("grüße", "gr__e_total"),
        ("done_total", "done_total"), ("", "__total"), ("a:b", "a_b_total"),
    ])
    func namesAreMadeValid(label: String, name: String) async throws {
        Counter(label: label, factory: registry).increment()
        try await #expect(read().value(name) == 1)
    }

    @Test func labelNamesAreMadeValidAndDifferent() async throws {
        Counter(label: "x", dimensions: [("a.b", "1"), ("a_b", "2"), ("__own", "3"), ("", "4")], factory: registry)
            .increment()
        try await #expect(read().value("x_total", ["a_b": "1", "a_b_": "2", "_own": "3", "_": "4"]) == 1)
        Timer(label: "t", dimensions: [("le", "mine")], factory: registry).recordSeconds(1)
        try await #expect(read().value("t_seconds_sum", ["le_": "mine"]) == 1)
    }

    @Test func timesAreShownInSecondsAndAddUp() async throws {
        let timer = Timer(label: "answer", factory: registry)
        timer.recordMilliseconds(1)
        timer.recordMilliseconds(2)
        timer.recordSeconds(30)
        let read = try await read()
        #expect(read.types["answer_seconds"] == "histogram")
        let buckets = ["0.0005", "0.001", "0.0025", "10", "+Inf"].map {
            read.value("answer_seconds_bucket", ["le": $0])
        }
        #expect(buckets == [0, 1, 2, 2, 3])
        #expect(read.value("answer_seconds_count") == 3)
        #expect(abs((read.value("answer_seconds_sum") ?? 0) - 30.003) < 1e-9)
    }

    @Test func theSameNameAndDimensionsInAnyOrderAreTheSame() async throws {
        Counter(label: "x", dimensions: [("a", "1"), ("b", "2")], factory: registry).increment()
        Counter(label: "x", dimensions: [("b", "2"), ("a", "1")], factory: registry).increment()
        try await #expect(read().value("x_total", ["a": "1", "b": "2"]) == 2)
    }

    @Test func nothingIsLostOfWhatManyThreadsCount() async throws {
        let counter = Counter(label: "x", factory: registry)
        let parts = FloatingPointCounter(label: "y", factory: registry)
        let timer = Timer(label: "z", factory: registry)
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    for _ in 0..<10_000 {
                        counter.increment()
                        parts.increment(by: 0.5)
                        timer.recordNanoseconds(1_000_000_000)
                    }
                }
            }
        }
        let read = try await read()
        #expect(read.value("x_total") == 80_000)
        #expect(read.value("y_total") == 40_000)
        #expect(read.value("z_seconds_count") == 80_000)
        #expect(read.value("z_seconds_sum") == 80_000)
    }

    @Test func whatIsDestroyedIsShownNoMore() async throws {
        let one = Counter(label: "x", dimensions: [("a", "1")], factory: registry)
        let two = Counter(label: "x", dimensions: [("a", "2")], factory: registry)
        one.destroy()
        var seen = try await read()
        #expect((seen.value("x_total", ["a": "1"]), seen.value("x_total", ["a": "2"])) == (nil, 0))
        two.destroy()
        // Making it again begins anew, and the old one takes nothing with it.
        let again = Meter(label: "x_total", factory: registry)
        two.destroy()
        again.set(5)
        seen = try await read()
        #expect((seen.types["x_total"], seen.value("x_total")) == ("gauge", 5))
    }

    @Test func aNameHasOneKind() async throws {
        Counter(label: "x_total", factory: registry).increment()
        Meter(label: "x_total", dimensions: [("a", "1")], factory: registry).set(9)
        registry.addSource { [MetricFamily("x_total", .gauge, "", value: 7)] }
        let read = try await read()
        #expect(read.samples.filter { $0.name == "x_total" } == [.init(name: "x_total", labels: [:], value: 1)])
    }

    @Test func sourcesOfOneFamilyAreShownTogether() async throws {
        for name in ["b", "a"] {
            registry.addSource {
                [MetricFamily("up", .gauge, "Runs.", [MetricSample(1, MetricLabel("service", name))])]
            }
        }
        let text = await registry.text()
        #expect(
            text.hasSuffix(
                """
                # HELP up Runs.
                # TYPE up gauge
                up{service="a"} 1
                up{service="b"} 1

                """))
    }

    @Test func aSourceThatDoesNotAnswerHidesNothingElse() async throws {
        let (stream, end) = AsyncStream.makeStream(of: Void.self)
        registry.addSource {
            for await _ in stream {}
            return [MetricFamily("late", .gauge, "", value: 1)]
        }
        registry.addSource { [MetricFamily("prompt", .gauge, "", value: 1)] }
        let seen = try await read()
        #expect((seen.value("late"), seen.value("prompt")) == (nil, 1))
        #expect(seen.value("taproom_silent_metric_sources") == 1)
        end.finish()
    }

    @Test(arguments: [
        (0.0, "0"), (-0.0, "0"), (1.5, "1.5"), (1e100, "1e+100"), (.nan, "NaN"), (.infinity, "+Inf"),
        (-.infinity, "-Inf"), (8_999_999_999_999_999, "8999999999999999"), (0.0001, "0.0001"),
    ])
    func numbersAreWrittenAsPrometheusReadsThem(value: Double, text: String) {
        #expect(TextExposition.number(value) == text)
    }
}
