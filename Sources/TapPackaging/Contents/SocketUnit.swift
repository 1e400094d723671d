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
            guard case .tcp(let port, let interface) = endpoint.address, endpoint.isPrivileged else { continue }
            let host = interface.map { $0.contains(":") ? "[\($0)]:" : "\($0):" } ?? ""
            if !sockets.contains("\(host)\(port)") { sockets.append("\(host)\(port)") }
        }
        guard !sockets.isEmpty else { return nil }
        (self.places, self.sockets) = (places, sockets)
    }

    var text: String {
        """
        # tapd takes these sockets for the endpoints of the same address. An application that is to bind other ports below
        # 1024 while it runs is packaged with --bind-low-ports.
        [Unit]
        Description=Ports of \(places.package)
        Documentation=man:\(places.package)(8)

        [Socket]
        \(sockets.map { "ListenStream=\($0)\n" }.joined())\
        BindIPv6Only=both
        Backlog=4096

        [Install]
        WantedBy=sockets.target

        """
    }
}
