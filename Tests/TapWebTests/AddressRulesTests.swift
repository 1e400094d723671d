import NIOCore
import TapNetwork
import TapTesting
import Taproom
import Testing

@testable import TapWeb

@Suite(.timeLimit(.minutes(2)))
struct AddressRulesTests {
    @Test func answersByAddress() async throws {
        func route(_ path: String, allow: [String] = [], deny: [String] = []) -> WebRoute {
            var route = WebRoute()
            route.path = path
            route.allow = OneOrMore(allow.compactMap(Network.init))
            route.deny = OneOrMore(deny.compactMap(Network.init))
            return route
        }
        let folder = try sampleFolder()
        try folder.write("x", to: "open/x.txt")
        for name in ["hello.txt", "open/x.txt"] { age(folder[name]) }
        try await serving(folder) { settings in
            settings.deny = OneOrMore([Network("127.0.0.0/8")].compactMap { $0 })
            settings.routes = [
                route("/open", allow: ["127.0.0.1"]), route("/open/not", allow: ["10.0.0.0/8"]),
                route("/digits.bin", allow: ["0.0.0.0/0"], deny: ["127.0.0.1"]),
            ]
        } _: { service in
            let connection = try service.connect()
            for _ in 0..<2 {
                for (target, status) in [
                    ("/hello.txt", 403), ("/none", 403), ("/open/x.txt", 200), ("/open/y.txt", 404),
                    ("/open/not/x", 403),
                    ("/open//not/x", 403), ("/open/%6eot/x", 403), ("/digits.bin", 403),
                ] {
                    let response = try await connection.request(target)
                    #expect(response.status == status, "\(target)")
                }
            }
        }
    }

    @Test func rulesOfAPlaceHoldBehindItsRewriteToo() async throws {
        let folder = try sampleFolder()
        age(folder["hello.txt"])
        try await serving(folder) { settings in
            settings.listen = [.tcp(port: 0), Endpoint(.unix(path: folder["site.sock"], mode: nil))]
            var route = WebRoute()
            (route.path, route.rewrite) = ("/door", "/hello.txt")
            route.deny = OneOrMore([Network("127.0.0.1")].compactMap { $0 })
            settings.routes = [route]
        } _: { service in
            // Whoever may open the socket is let in; what it got is not for others.
            let inside = try service.connect(to: 1)
            #expect(try await inside.request("/door").text == "hello")
            let outside = try service.connect()
            #expect(try await outside.request("/door").status == 403)
            #expect(try await outside.request("/hello.txt").text == "hello")
        }
    }
}
