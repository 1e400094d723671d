import TapData
import Taproom
import Testing

@Suite struct EndpointTests {
    private static let readable: [(String, Endpoint.Address, String)] = [
        ("tcp:80", .tcp(port: 80, interface: nil), "tcp:80"), ("tcp:0", .tcp(port: 0, interface: nil), "tcp:0"),
        ("tcp:65535", .tcp(port: 65535, interface: nil), "tcp:65535"),
        ("tcp:0080", .tcp(port: 80, interface: nil), "tcp:80"),
        ("tcp:80:interface=127.0.0.1", .tcp(port: 80, interface: "127.0.0.1"), "tcp:80:interface=127.0.0.1"),
        ("tcp:80:interface=[::1]", .tcp(port: 80, interface: "::1"), "tcp:80:interface=[::1]"),
        ("udp:53", .udp(port: 53, interface: nil), "udp:53"),
        ("udp:053:interface=[::1]", .udp(port: 53, interface: "::1"), "udp:53:interface=[::1]"),
        ("unix:/run/a.sock", .unix(path: "/run/a.sock", mode: nil), "unix:/run/a.sock"),
        ("unix:/run/a b=c:mode=660", .unix(path: "/run/a b=c", mode: 0o660), "unix:/run/a b=c:mode=660"),
        ("unix:[/run/a:b]:mode=0", .unix(path: "/run/a:b", mode: 0), "unix:[/run/a:b]:mode=0"),
        ("systemd:web", .systemd(name: "web"), "systemd:web"),
        ("systemd:[a] b=c", .systemd(name: "[a] b=c"), "systemd:[a] b=c"),
    ]

    @Test(arguments: readable)
    func readsAnEndpoint(text: String, address: Endpoint.Address, canonical: String) throws {
        #expect(try Endpoint(text).address == address)
    }

    @Test(arguments: readable)
    func writesWhatIsReadBackTheSame(text: String, address: Endpoint.Address, canonical: String) throws {
        #expect(Endpoint(address).description == canonical)
        #expect(try Endpoint(canonical).address == address)
    }

    @Test(
        arguments: [
            ("", "\"\". An endpoint is written tcp:PORT, tls:PORT, udp:PORT, unix:PATH or systemd:NAME."),
            ("tcp", "\"tcp\". An endpoint is written tcp:PORT, tls:PORT, udp:PORT, unix:PATH or systemd:NAME."),
            ("tcp:", "\"tcp:\". An endpoint is written tcp:PORT, tls:PORT, udp:PORT, unix:PATH or systemd:NAME."),
            ("8080", nil),
            ("tcp:http", "\"tcp:http\". The port must be a number from 0 to 65535."), ("tcp:65536", nil),
            ("tcp:-1", nil),
            ("tcp:+80", nil), ("tcp: 80", nil),
            ("tpc:80", "\"tpc:80\". \"tpc\" is no way to listen. Did you mean \"tcp\"?"),
            ("TCP:80", "\"TCP:80\". \"TCP\" is no way to listen. Did you mean \"tcp\"?"),
            ("carrier:80", "\"carrier:80\". \"carrier\" is no way to listen. Allowed: tcp, tls, udp, unix, systemd."),
            ("udp:53:certificate=a", "\"udp:53:certificate=a\". udp has no option \"certificate\"."),
            ("udp:65536", nil),
            ("tcp:80:mode=660", "\"tcp:80:mode=660\". tcp has no option \"mode\"."),
            ("tcp:80:interface", "\"tcp:80:interface\". \"interface\" must be written NAME=VALUE."),
            ("tcp:80:interface=", "\"tcp:80:interface=\". \"interface=\" must be written NAME=VALUE."),
            ("tcp:80:interface=::1", nil), ("tcp:80:", nil),
            (
                "tcp:80:interface=a:interface=b",
                "\"tcp:80:interface=a:interface=b\". The option \"interface\" stands twice."
            ),
            ("unix:a", "\"unix:a\". The path must begin with / and have fewer than 108 bytes."),
            ("unix:/" + String(repeating: "a", count: 107), nil), ("unix:/a\0b", nil),
            ("unix:/a:mode=rw", "\"unix:/a:mode=rw\". The mode must be an octal number from 0 to 777."),
            ("unix:/a:mode=888", nil),
            ("unix:/a:mode=1777", nil), ("unix:/a:mode=+7", nil), ("unix:/a:interface=b", nil),
            (
                "systemd:",
                "\"systemd:\". An endpoint is written tcp:PORT, tls:PORT, udp:PORT, unix:PATH or systemd:NAME."
            ),
            (
                "systemd:[]a:b",
                "\"systemd:[]a:b\". The name must have 1 to 255 printable ASCII characters, and no colon."
            ),
            ("systemd:a:mode=660", nil), ("systemd:é", nil), ("systemd:a\tb", nil),
            ("systemd:" + String(repeating: "a", count: 256), nil),
        ] as [(String, String?)])
    func refusesWhatIsNone(text: String, expected: String?) {
        let error = #expect(throws: EndpointError.self) { try Endpoint(text) }
        if let expected { #expect(error?.description == expected) }
    }

    @Test func takesThePathThatJustFits() throws {
        let path = "/" + String(repeating: "a", count: 106)
        #expect(try Endpoint("unix:\(path)").address == .unix(path: path, mode: nil))
    }
}
