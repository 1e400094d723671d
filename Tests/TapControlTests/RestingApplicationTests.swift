import TapConfig
import TapControl
import TapData
import TapFile
import TapTesting
import Taproom
import Testing

@Suite struct RestingApplicationTests {
    private func greeting(_ application: RestingApplication, at point: String? = nil) async throws -> String? {
        try ContentsPath.value(at: "web.greeting", in: await application.contents(of: nil, at: point)).string
    }

    @Test func tellsItsStatus() async throws {
        try await withApplication { application, path in
            let service = StatusReport.Service(
                name: "web", kind: "greeter", enabled: true, state: .stopped, restarts: 0, endpoints: ["tcp:7000"])
            try await #expect(
                application.status()
                    == StatusReport(
                        name: "site", tap: path, revision: 2, running: false,
                        durable: .init(revision: 2, lossWindow: 0),
                        services: [service]))
        }
    }

    @Test func aReportHasAllKeysEvenWhenNothingIsKnown() throws {
        let report = StatusReport(
            name: "a", tap: nil, revision: 1, running: false, durable: .init(revision: 1, lossWindow: 0), services: [])
        #expect(
            JSONWriter.line(try DatumEncoder().encode(report)) == """
                {"name":"a","tap":null,"revision":1,"running":false,"pid":null,"since":null,\
                "durable":{"revision":1,"lossWindow":0.0},"services":[]}
                """)
    }

    @Test func showsSettingsAndState() async throws {
        try await withApplication { application, _ in
            let contents = try await application.contents(of: nil, at: nil)
            #expect(
                JSONWriter.line(contents) == """
                    {"application":{"name":"site","user":"ada"},"web":{"kind":"greeter","enabled":true,\
                    "listen":"tcp:7000","greeting":"Bye","state":{"count":7}}}
                    """)
        }
    }

    @Test func looksBack() async throws {
        try await withApplication { application, _ in
            try await #expect(greeting(application, at: "1") == "Hello")
            let description = try await application.description(at: "1")
            #expect(JSONWriter.line(description).contains("\"greeting\":\"Hello\""))
            try await #expect(
                application.differences(from: "1", to: nil) == [
                    Difference(path: "web.greeting", from: .string("Hello"), to: .string("Bye")),
                    Difference(path: "web.state.count", from: .null, to: .integer(7)),
                ])
            try await #expect(application.differences(from: "2", to: "2") == [])
        }
    }

    @Test func aSnapshotIsFoundByItsName() async throws {
        try await withApplication { application, _ in
            try await #expect(application.snapshot("before-move", by: ada) == 3)
            try await #expect(application.snapshot(nil, by: ada) == 4)
            try await #expect(application.rollBack(to: "1", RollbackScope(), by: ada) == 5)
            try await #expect(greeting(application) == "Hello")
            try await #expect(application.rollBack(to: "before-move", RollbackScope(), by: ada) == 6)
            try await #expect(greeting(application) == "Bye")
            try await #expect(application.history().map(\.snapshot) == [nil, nil, "before-move", nil, nil, nil])
        }
    }

    @Test func theNewestSnapshotOfANameCounts() async throws {
        try await withApplication { application, _ in
            _ = try await application.snapshot("a", by: ada)
            _ = try await application.rollBack(to: "1", RollbackScope(), by: ada)
            _ = try await application.snapshot("a", by: ada)
            try await #expect(greeting(application, at: "a") == "Hello")
        }
    }

    @Test(arguments: ["5", "-1", "a b", "", "007"])
    func refusesNamesThatAreNumbersOrNone(name: String) async throws {
        try await withApplication { application, _ in
            await #expect(throws: ControlError.self) { try await application.snapshot(name, by: ada) }
            try await #expect(application.revision() == 2)
        }
    }

    @Test func offersTheNearestSnapshot() async throws {
        try await withApplication { application, _ in
            _ = try await application.snapshot("before-move", by: ada)
            let error = await #expect(throws: ControlError.self) {
                try await application.rollBack(to: "before-mvoe", RollbackScope(), by: ada)
            }
            #expect(
                error?.description == "there is no revision or snapshot \"before-mvoe\". Did you mean \"before-move\"?")
            await #expect(throws: TapFileError.unknownRevision(9, latest: 3)) {
                try await application.contents(of: nil, at: "9")
            }
        }
    }

    @Test func aTakenNameGetsANumber() async throws {
        try await withApplication { application, _ in
            for (name, revision) in [("greeter", 3), ("greeter-2", 4), ("greeter-3", 5)] {
                let service = Description.datumWithoutName(of: greeter("any"))
                let outcome = try await application.change(ChangeRequest([.add(service, group: nil)]), by: ada)
                #expect((outcome.plan.services.map(\.name), outcome.revision) == ([name], revision))
            }
            try await #expect(
                application.status().services.map(\.name) == ["web", "greeter", "greeter-2", "greeter-3"])
            let taken = ChangeRequest([.add(Description.datum(of: greeter("greeter-2")), group: nil)])
            let error = await #expect(throws: EditError.self) { try await application.change(taken, by: ada) }
            #expect(error?.description == "there is a service \"greeter-2\" already")
        }
    }

    @Test func whatWasPendingIsTakenBackFirst() async throws {
        try await withApplication { application, path in
            let tap = try Tap(opening: path, for: .writing)
            try tap.commit {
                _ = try tap.store(Application(name: "half-done"))
                try tap.addRevision(.change, status: .pending, by: ada)
            }
            try tap.close()
            try await #expect(application.snapshot(nil, by: ada) == 4)
            try await #expect(application.status().name == "site")
            try await #expect(application.history().map(\.status) == [.superseded, .superseded, .failed, .active])
        }
    }

    @Test func cannotBeStopped() async throws {
        try await withApplication { application, path in
            await #expect(throws: ControlError.notRunning(tap: path)) { try await application.stop() }
        }
    }

    @Test func verifiesWhatTheKindsKnow() async throws {
        try await withApplication { application, path in
            try await #expect(application.verify() == [])
            try await #expect(
                RestingApplication(path: path, kinds: KindList([])).verify()
                    == ["service \"web\": no kind is called \"greeter\" in this program"])
            let tap = try Tap(opening: path, for: .writing)
            try tap.commit {
                try tap.setState(StateAddress(service: 1, cell: "count"), StoredValue(version: 1, bytes: [0x61, 0x61]))
                try tap.setState(StateAddress(service: 1, cell: "old"), StoredValue(version: 1, bytes: [0x00]))
            }
            try tap.close()
            try await #expect(
                application.verify() == [
                    "service \"web\": the stored value of the cell \"count\" can't be read: must be a whole number, but is text \"a\"",
                    "service \"web\": the cell \"old\" is unknown to the kind \"greeter\"; it is kept",
                ])
        }
    }

    @Test func whatItWasLastMergedWithIsNotTakenForTheFile() async throws {
        try await withTemporaryFolder { folder in
            let path = folder + "/site.tap"
            let old = "taproom: 1\nname: site\nservices:\n- {name: web, kind: gone}\n"
            try Tap.make(
                path, Application(name: "site", services: [greeter("web")]),
                base: BaseDescription(name: "site.yaml", text: old), by: ada)
            var request = ChangeRequest()
            for (text, place) in [
                (old, "site.yaml"),
                (old.replacing("gone", with: "greeter"), "\(path): the description it was last merged with"),
            ] {
                request.description = DescriptionText(text: text, file: "/srv/site.yaml")
                let error = await #expect(throws: DescriptionError.self) {
                    try await RestingApplication(path: path, kinds: kinds).plan(request)
                }
                #expect(error?.description.hasPrefix("\(place):4:21: ") == true, "\(error?.description ?? "")")
            }
        }
    }

    @Test func anApplicationThatIsGoneSinceItWasFoundHasEnded() async throws {
        try await withTemporaryFolder { folder in
            let path = folder + "/site.sock"
            var socket: ListeningSocket? = try ListeningSocket(Endpoint(.unix(path: path, mode: nil)))
            let running = try #require(try RemoteApplication(socket: path))
            socket = nil
            let error = await #expect(throws: RemoteError.self) { try await running.status() }
            #expect(error?.description == "\(path): the application ended before it answered")
            #expect(error?.exitStatus == .unavailable)
            withExtendedLifetime(socket) {}
        }
    }
}
