import TapTesting

extension Served {
    /// A connection to one of its TCP ports, in the order of the services.
    func connect(_ number: Int = 0) throws -> TestConnection {
        guard ports.indices.contains(number) else { throw TestFailure("there is no port \(number): \(line)") }
        return try TestConnection(to: .tcp(host: "127.0.0.1", port: UInt16(ports[number])))
    }
}

extension TestConnection {
    /// Asks for `/`, and answers the only line of that page; the connection stays open.
    func page() async throws -> String {
        try await send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        _ = try await receive(through: "\r\n\r\n")
        return try await receive(through: "\n")
    }
}
