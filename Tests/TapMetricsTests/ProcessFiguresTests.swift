import Glibc
@testable import TapMetrics
import Testing

@Suite struct ProcessFiguresTests {
    private func value(_ name: String) -> Double? {
        ProcessFigures.families.first { $0.name == name }?.samples.first?.value
    }

    @Test func saysWhatTheSystemSaysAboutTheProcess() throws {
        #expect(try #require(value("process_cpu_seconds_total")) > 0)
        let resident = try #require(value("process_resident_memory_bytes"))
        let virtual = try #require(value("process_virtual_memory_bytes"))
        #expect(resident > 1_000_000 && resident < virtual)
        #expect(try #require(value("process_threads")) >= 1)
        let start = try #require(value("process_start_time_seconds"))
        #expect(start > 1_600_000_000 && start < Double(time(nil)) + 60)
        let (open, most) = (try #require(value("process_open_fds")), try #require(value("process_max_fds")))
        #expect(open >= 3 && open <= most)
    }

    @Test func namesOfProgramsCanHaveAnythingInThem() {
        let rest = "S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 250 19 400 4096 3"
        let statistics = ProcessStatistics("12 (a) b ( c)) " + rest)
        #expect(statistics == ProcessStatistics("12 (abc) " + rest))
        #expect((statistics?.threads, statistics?.virtualBytes) == (17, 400))
    }

    @Test(arguments: ["", "12", "12 (a", "12 (a) S 1 2", "12 (a) " + String(repeating: "x ", count: 40)])
    func whatIsNoStatisticsIsLeftOut(text: String) { #expect(ProcessStatistics(text) == nil) }
}
