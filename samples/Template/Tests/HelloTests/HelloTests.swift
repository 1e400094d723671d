import TapTesting
import Testing

@testable import Hello

@Suite struct HelloTests {
    @Test(.timeLimit(.minutes(1))) func helloIsAGoodKind() async throws {
        let others = [Hello.Settings(greeting: "Good day")]
        try KindConformance.check(Hello.self, samples: others)
        try await KindConformance.checkRunning(Hello.self, changes: others)
    }

    @Test func countsVisitorsOverARestart() async throws {
        let state = TestState()
        try await withService(Hello.self, state: state) { service in
            let answer = try await service.connect().receiveAll()
            #expect(String(decoding: answer, as: UTF8.self) == "Hello, visitor 1.\n")
        }
        try await withService(Hello.self, state: state) { service in
            let answer = try await service.connect().receiveAll()
            #expect(String(decoding: answer, as: UTF8.self) == "Hello, visitor 2.\n")
        }
    }
}
