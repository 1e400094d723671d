@testable import TapControl
import TapData
import TapFile
import Testing

@Suite(.timeLimit(.minutes(5))) struct EventTests {
    private func revision(_ number: Int, _ status: Revision.Status) throws -> Revision {
        let entry: DatumObject = [
            "revision": .integer(Int64(number)), "time": .string("2026-11-21T10:04:05Z"), "author": .string("ada"),
            "origin": .string("test"), "comment": .string(""), "kind": .string("change"),
            "status": .string(status.rawValue), "snapshot": .null,
        ]
        return try DatumDecoder().decode(Revision.self, from: .object(entry))
    }

    /// What a client is sent, in short: the first lines of events.
    private func names(_ texts: [String]) -> [String] {
        texts.flatMap { $0.split(separator: "\n") }.filter { !$0.hasPrefix("data") }.map(String.init)
    }

    private func take(_ count: Int, of stream: AsyncStream<String>) async -> [String] {
        var texts: [String] = []
        var iterator = stream.makeAsyncIterator()
        while texts.count < count, let text = await iterator.next() { texts.append(text) }
        return texts
    }

    @Test func revisionsAreToldWhenTheyAreNewOrHaveAnotherStatus() async throws {
        let events = ApplicationEvents()
        #expect(!events.isFollowed)
        let (queue, stream) = EventQueue.make(heartbeatEvery: .seconds(1000))
        events.add(queue, services: [ServiceState(name: "web", state: .running)])
        events.begin(queue, missed: [try revision(1, .superseded), try revision(2, .active)])
        #expect(events.firstUnsettled == 2)
        events.tell([try revision(2, .active), try revision(3, .pending)])
        events.tell([try revision(2, .active), try revision(3, .pending)])
        events.tell([try revision(2, .superseded), try revision(3, .active)])
        #expect(events.firstUnsettled == 3)
        let texts = await take(5, of: stream)
        #expect(
            names(texts) == [
                "event: service", "event: revision", "id: 1", "event: revision", "id: 2", "event: revision", "id: 3",
                "event: revision", "id: 2", "event: revision", "id: 3",
            ])
        #expect(texts[0] == "event: service\ndata: {\"name\":\"web\",\"state\":\"running\"}\n\n")
        #expect(texts[4].contains(#""revision":3"#) && texts[4].contains(#""status":"active""#))
    }

    @Test func aClientThatDoesNotReadIsToldThatItHasMissedSomething() async {
        let events = ApplicationEvents()
        let (queue, stream) = EventQueue.make(heartbeatEvery: .seconds(1000))
        events.add(queue, services: [])
        for number in 0..<2 * EventQueue.capacity {
            events.tell(ServiceState(name: "web-\(number)", state: .running))
        }
        let texts = await take(.max, of: stream)
        #expect(texts.count == EventQueue.capacity + 1)
        #expect(texts.last == "event: lost\ndata: {}\n\n")
        #expect(texts.dropLast().allSatisfy { $0.hasPrefix("event: service") })
        #expect(queue.isOver)
        #expect(!events.isFollowed)
    }

    @Test func whereNothingHappensThereAreHeartbeats() async {
        let (queue, stream) = EventQueue.make(heartbeatEvery: .milliseconds(1))
        #expect(await take(2, of: stream) == [":\n\n", ":\n\n"])
        withExtendedLifetime(queue) {}
    }

    @Test func aClientThatIsGoneIsForgotten() async {
        let events = ApplicationEvents()
        let (queue, stream) = EventQueue.make(heartbeatEvery: .seconds(1000))
        events.add(queue, services: [])
        let (lines, continuation) = AsyncStream.makeStream(of: String.self)
        queue.send(lines)
        continuation.yield("event: log\ndata: {}\n\n")
        let reading = Task { for await _ in stream { return } }
        await reading.value
        #expect(events.isFollowed)
        let waiting = Task { for await _ in stream {} }
        waiting.cancel()
        await waiting.value
        #expect(!events.isFollowed)
    }

    @Test func conditionsAreReadAsTheyAreWritten() {
        #expect(Precondition("*").allowsChange(at: 5))
        #expect(Precondition("\"4\" , \"5\"").allowsChange(at: 5))
        #expect(!Precondition("W/\"5\"").allowsChange(at: 5))
        #expect(Precondition("W/\"5\"").knows(5))
        #expect(!Precondition("").allowsChange(at: 0))
    }
}
