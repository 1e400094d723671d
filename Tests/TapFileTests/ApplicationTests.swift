import TapData
@testable import TapFile
import Taproom
import Testing

@Suite struct ApplicationTests {
    private var rich: Application {
        var restart = RestartPolicy()
        (restart.policy, restart.atMost, restart.within) = (.always, 3, TimeSpan(seconds: 7))
        let settings: DatumObject = [
            "zeta": .array([.integer(1), .number(1.5), .null, .bool(false)]),
            "alpha": .object(["é\"\\\n😀": .string("\u{1}\r\n")]),
            "large": .integer(.max),
        ]
        let leaf = ServiceDefinition(
            name: "leaf", kind: "greeter", settingsVersion: 3, isEnabled: false, restart: restart, settings: settings)
        return Application(
            name: "site", user: "www-data", group: "33",
            services: [
                service("second"), service("first", services: [leaf, service("leaf2", services: [service("deep")])]),
                service("leaf"),
            ])
    }

    @Test func everythingOfAnApplicationIsKept() throws {
        try withOpenTap(rich) { tap in
            try #expect(tap.application() == rich)
            try #expect(tap.application().service(at: "first/leaf")?.settings.keys == ["zeta", "alpha", "large"])
        }
    }

    @Test func anApplicationWithoutServicesIsKept() throws {
        try withOpenTap(application()) { tap in
            try #expect(tap.application() == application())
        }
    }

    @Test func storingTheSameWritesNothing() throws {
        try withOpenTap(rich) { tap in
            let rows = try tap.count("service")
            try #expect(tap.change(to: rich) == nil)
            try #expect((tap.count("service"), tap.count("application"), tap.latestRevision()) == (rows, 1, 1))
        }
    }

    @Test func storesOnlyTheServiceThatDiffers() throws {
        try withOpenTap(application(service("a"), service("b"))) { tap in
            try #expect(tap.change(to: application(service("a"), service("b", greeting: "Hi"))) == 2)
            try #expect((tap.count("service"), tap.count("application")) == (3, 1))
            try #expect((tap.greeting("b", at: 1), tap.greeting("b", at: 2)) == ("Hello", "Hi"))
        }
    }

    @Test(arguments: [
        Application(name: "other"), Application(name: "site", user: "ada"), Application(name: "site", group: "staff"),
    ])
    func storesTheHeadOfAnApplication(changed: Application) throws {
        try withOpenTap(application()) { tap in
            try #expect(tap.change(to: changed) == 2)
            try #expect((tap.application(at: 1), tap.application(at: 2)) == (application(), changed))
        }
    }

    @Test func aSpellingOfTheSameLettersIsAChange() throws {
        try withOpenTap(application(service("web", greeting: "caf\u{E9}"))) { tap in
            try #expect(tap.change(to: application(service("web", greeting: "cafe\u{301}"))) == 2)
        }
    }

    @Test func aServiceKeepsItsIdentityWhileSettingsAndOrderChange() throws {
        try withOpenTap(application(service("a"), service("b"))) { tap in
            let before = try tap.identities()
            _ = try tap.change(to: application(service("b", greeting: "Hi"), service("c"), service("a")))
            let after = try tap.identities()
            #expect((after["a"], after["b"]) == (before["a"], before["b"]))
            #expect(Set(after.values).count == 3)
        }
    }

    @Test func aServiceOfAnotherKindIsAnotherService() throws {
        try withOpenTap { tap in
            try tap.set(5)
            _ = try tap.change(to: application(service("web", kind: "other")))
            try #expect(tap.number() == nil)
            try #expect(tap.number(at: 1) == nil)
            _ = try tap.change(to: application(service("web")))
            try #expect(tap.number() == nil)
            #expect(
                Set([try tap.identities(at: 1)["web"], try tap.identities(at: 2)["web"], try tap.identities()["web"]])
                    .count == 3)
        }
    }

    @Test func aServiceThatComesBackAfterItsRemovalIsAnotherOne() throws {
        try withOpenTap { tap in
            try tap.set(5)
            _ = try tap.change(to: application())
            _ = try tap.change(to: application(service("web")))
            try #expect(tap.number() == nil)
        }
    }

    @Test func theLastOfSeveralBasesCounts() throws {
        try withOpenTap { tap in
            for text in ["a", "b"] {
                try tap.commit {
                    try tap.store(BaseDescription(name: "site.yaml", text: text))
                    try tap.addRevision(.import, by: ada)
                }
            }
            try #expect(tap.base() == BaseDescription(name: "site.yaml", text: "b"))
            try #expect(tap.count("base") == 2)
        }
    }

    @Test(arguments: [
        ("UPDATE service SET settings = '{'", "the settings of web can't be read"),
        ("UPDATE service SET settings = '[]'", "the settings of web can't be read"),
        ("UPDATE service SET restart = '{\"policy\":\"maybe\"}'", "the restart policy of web can't be read"),
        ("UPDATE service SET restart = 'x'", "the restart policy of web can't be read"),
        ("DELETE FROM application", "it has 0 applications"),
    ])
    func damageIsNamed(sql: String, problem: String) throws {
        try withOpenTap { tap in
            try tap.database.execute(sql)
            #expect(tapError { _ = try tap.application() } == .damaged(path: tap.path, problem: problem))
        }
    }
}
