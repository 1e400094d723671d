import Taproom

/// The systemd unit that binds the ports below 1024 of a packaged application, so that it needs no right to do it.
struct SocketUnit {
    private let places: InstancePlaces
    private let sockets: [String]

    /// Nil when there are no such ports, or the service is to bind them itself.
    init?(places: InstancePlaces, request: PackageRequest) {
        guard !request.bindsLowPorts else { return nil }
        var sockets: [String] = []
        for endpoint in request.endpoints {
            guard endpoint.isPrivileged, let line = SocketUnit.line(endpoint) else { continue }
            if !sockets.contains(line) { sockets.append(line) }
        }
        guard !sockets.isEmpty else { return nil }
        (self.places, self.sockets) = (places, sockets)
    }

    private static func line(_ endpoint: Endpoint) -> String? {
        switch endpoint.address {
        case .tcp(let port, let interface): "ListenStream=\(host(interface))\(port)"
        case .udp(let port, let interface): "ListenDatagram=\(host(interface))\(port)"
        case .unix, .systemd: nil
        }
    }

    private static func host(_ interface: String?) -> String {
        interface.map { $0.contains(":") ? "[\($0)]:" : "\($0):" } ?? ""
    }

    var text: String {
        """
        # tapd takes these sockets for the endpoints of the same address. An application that is to bind other ports below
        # 1024 while it runs is packaged with --bind-low-ports.
        [Unit]
        Description=Ports of \(places.package)
        Documentation=man:\(places.package)(8)

        [Socket]
        \(sockets.map { $0 + "\n" }.joined())\
        BindIPv6Only=both
        Backlog=4096

        [Install]
        WantedBy=sockets.target

        """
    }
}
