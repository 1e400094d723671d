import TapTesting
import Testing

@testable import Hello

@Suite struct HelloTests {
    @Test func helloIsAGoodKind() throws {
        try KindConformance.check(Hello.self, samples: [Hello.Settings(greeting: "Good day")])
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
