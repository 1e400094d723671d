import TapConfig
import TapData
import TapTesting
import Taproom
import Testing

/// Descriptions with services of services.
@Suite struct GroupTests {
    private let kinds = KindList([Greeter.self])

    private func read(_ text: String) throws -> Application {
        try DescriptionReader.read(text, file: "site.yaml", folder: nil, kinds: kinds)
    }

    private let text = """
        taproom: 1
        name: site
        services:
        - name: backends
          kind: group
          restart:
            policy: always
            atMost: 3
            within: 10s
            delay: 1s
            maxDelay: 1m
          services:
          - name: api
            kind: greeter
            listen: tcp:7000
          - name: inner
            kind: group
            services:
            - name: deep
              kind: greeter
              listen: tcp:7000
        - name: api
          kind: greeter
          listen: tcp:7000

        """

    @Test func areReadAndWrittenAlike() throws {
        let application = try read(text)
        #expect(
            application.servicesByPath.map(\.path) == [
                "backends", "backends/api", "backends/inner", "backends/inner/deep", "api",
            ])
        let restart = application.services[0].restart
        #expect((restart.delay, restart.maxDelay) == (TimeSpan(seconds: 1), TimeSpan(seconds: 60)))
        #expect(Description.yaml(of: application) == text)
        try #expect(read(Description.json(of: application)) == application)
    }

    @Test(arguments: [
        (
            "{name: a, kind: group, folder: x}",
            "site.yaml:3:28: services[0].folder is not known. A group has no settings."
        ),
        ("{name: a, kind: group, services: {b: 1}}", "site.yaml:3:38: services[0].services must be a list"),
        (
            "{name: a, kind: greeter, services: []}",
            "site.yaml:3:30: services[0].services has no place in a service of the kind \"greeter\""
        ),
        ("{name: a, kind: groop}", "no kind is called \"groop\". Did you mean \"group\"?"),
        (
            "{name: a, kind: group, services: [{kind: greeter}, {kind: greeter}]}",
            "services[0].services[1] there are two services \"greeter\" here"
        ),
        (
            "{name: a, kind: greeter, restart: {delay: 2s, maxDelay: 1s}}",
            "restart.maxDelay must be 2s, which is the delay, or more, but is 1s"
        ),
    ])
    func mistakesAreShownWhereTheyAre(service: String, expected: String) {
        let error = #expect(throws: DescriptionError.self) { try read("taproom: 1\nservices:\n  - \(service)\n") }
        #expect(error?.description.contains(expected) == true, "\(error?.description ?? "")")
    }
}
