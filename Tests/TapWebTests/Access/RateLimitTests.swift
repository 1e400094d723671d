import Glibc
import NIOCore
import TapNetwork
import TapTesting
import Taproom
import Testing

@testable import TapWeb

@Suite(.timeLimit(.minutes(2)))
struct RateLimitTests {
    private let start = NIODeadline.uptimeNanoseconds(1_000_000_000)

    private func limit(_ rate: String, burst: Int? = nil) throws -> RateLimit {
        var settings = RateSettings()
        (settings.requests, settings.burst) = (RequestRate(rate), burst)
        return try #require(RateLimit(settings))
    }

    private func client(_ address: String) throws -> ClientKey? {
        ClientKey(try SocketAddress(ipAddress: address, port: 1))
    }

    private func client(number: Int) throws -> ClientKey {
        try #require(try client("10.\(number >> 16).\(number >> 8 & 255).\(number & 255)"))
    }

    @Test func letsSomeRequestsComeAtOnceAndOthersAsTimePasses() throws {
        let (limit, ada) = (try limit("10/s", burst: 3), try client(number: 1))
        for _ in 0..<3 { #expect(limit.admit(ada, now: start) == nil) }
        #expect(limit.admit(ada, now: start) == .milliseconds(100))
        #expect(limit.admit(ada, now: start + .milliseconds(60)) == .milliseconds(40))
        #expect(limit.admit(ada, now: start + .milliseconds(100)) == nil)
        #expect(limit.admit(ada, now: start + .milliseconds(100)) == .milliseconds(100))
        for _ in 0..<3 { #expect(limit.admit(ada, now: start + .seconds(100)) == nil) }
        #expect(limit.admit(ada, now: start + .seconds(100)) != nil)
        #expect(limit.admit(try client(number: 2), now: start) == nil)
    }

    @Test(arguments: [("10/s", 5), ("600/m", 1), ("36000/h", 50)])
    func holdsInTheLongRunHoweverManyAreTried(rate: String, burst: Int) throws {
        let (limit, ada) = (try limit(rate, burst: burst), try client(number: 1))
        let admitted = (0..<10_000).count { limit.admit(ada, now: start + .milliseconds($0)) == nil }
        #expect(admitted == burst + 99 || admitted == burst + 100)
    }

    @Test func keepsTenThousandClientsApart() throws {
        let limit = try limit("1/h", burst: 2)
        var admitted = 0
        for _ in 0..<3 {
            for number in 0..<10_000 where limit.admit(try client(number: number), now: start) == nil { admitted += 1 }
        }
        // Where nine share a set one of them may begin anew.
        #expect((20_000...20_050).contains(admitted))
    }

    @Test func aCrowdDoesNotMakeItForgetTheWorst() throws {
        let (limit, worst) = (try limit("100/h"), try client(number: 0))
        while limit.admit(worst, now: start) == nil {}
        for number in 1...100_000 { _ = limit.admit(try client(number: number), now: start) }
        #expect(limit.admit(worst, now: start) != nil)
    }

    @Test func clientsAreTheirAddressOrNetwork() throws {
        #expect(try client("192.0.2.1") != client("192.0.2.2"))
        #expect(try client("192.0.2.1") == client("::ffff:192.0.2.1"))
        #expect(try client("2001:db8:1:2::1") == client("2001:db8:1:2:ffff::9"))
        #expect(try client("2001:db8:1:2::1") != client("2001:db8:1:3::1"))
        #expect(try ClientKey(SocketAddress(unixDomainSocketPath: "/x")) == nil)
        #expect(ClientKey(nil) == nil)
    }

    @Test(arguments: [
        "", "10", "/s", "10/", "0/s", "01/s", "-1/s", "+1/s", "10/d", "1000001/s", "10 / s", "10/s/s", "1.5/s",
    ])
    func refusesWhatIsNoRate(text: String) {
        #expect(RequestRate(text) == nil)
    }

    @Test func tellsClientsWhenToComeAgain() async throws {
        let folder = try sampleFolder()
        for name in ["hello.txt", "digits.bin"] { age(folder[name]) }
        func route(_ path: String, _ change: (inout WebRoute) -> Void) -> WebRoute {
            var route = WebRoute()
            route.path = path
            change(&route)
            return route
        }
        try await serving(folder) { settings in
            settings.listen = [.tcp(port: 0), Endpoint(.unix(path: folder["site.sock"], mode: nil))]
            settings.rate = RateSettings()
            settings.rate?.requests = RequestRate("4/h")
            settings.routes = [
                route("/digits.bin") { $0.rate = RateSettings() }, route("/door") { $0.rewrite = "/hello.txt" },
                route("/own") {
                    ($0.rewrite, $0.rate) = ("/digits.bin", RateSettings())
                    $0.rate?.requests = RequestRate("1/h")
                },
            ]
        } _: { service in
            let connection = try service.connect()
            for target in ["/hello.txt", "/door", "/hello.txt", "/none"] {
                #expect(try await connection.request(target).status == (target == "/none" ? 404 : 200))
            }
            for target in ["/hello.txt", "/door", "/none", "/"] {
                let response = try await connection.request(target)
                #expect(response.status == 429)
                #expect((1...900).contains(response["Retry-After"].flatMap(Int.init) ?? 0))
            }
            for _ in 0..<10 { #expect(try await connection.request("/digits.bin").status == 200) }
            #expect(try await connection.request("/own").status == 200)
            #expect(try await connection.request("/own").status == 429)
            let inside = try service.connect(to: 1)
            for _ in 0..<10 { #expect(try await inside.request("/hello.txt").status == 200) }
            // Nobody reads what comes with a request that is not answered.
            try await connection.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 900000000\r\n\r\nabc")
            let refusal = try await connection.response()
            #expect(refusal.status == 429)
            #expect(refusal["Connection"] == "close")
        }
    }

    @Test func countsAGuessOfAPasswordOnce() async throws {
        let folder = try sampleFolder()
        try await serving(folder) { settings in
            settings.authenticate = try? adaOnly()
            settings.rate = RateSettings()
            settings.rate?.requests = RequestRate("3/h")
        } _: { service in
            let connection = try service.connect()
            #expect(try await connection.request("/hello.txt", basic("ada", "secret")).status == 200)
            for guess in ["a", "b"] {
                #expect(try await connection.request("/hello.txt", basic("ada", guess)).status == 401)
            }
            #expect(try await connection.request("/hello.txt", basic("ada", "secret")).status == 429)
        }
    }

    @Test func closesConnectionsThatAreTooMany() async throws {
        let folder = try sampleFolder()
        try await serving(folder) { settings in
            settings.limits.connectionsPerClient = 2
            settings.listen = [.tcp(port: 0), Endpoint(.unix(path: folder["site.sock"], mode: nil))]
        } _: { service in
            var connections = [try service.connect(), try service.connect()]
            for connection in connections { #expect(try await connection.request("/hello.txt").text == "hello") }
            let third = try service.connect()
            // What was sent may be lost with the connection.
            #expect((try? await third.receiveAll())?.isEmpty != false)
            let inside = try service.connect(to: 1)
            #expect(try await inside.request("/hello.txt").text == "hello")
            connections.removeLast()
            var isServed = false
            while !isServed, !Task.isCancelled {
                isServed = (try? await service.connect().request("/hello.txt").text) == "hello"
            }
            #expect(isServed)
        }
    }
}
