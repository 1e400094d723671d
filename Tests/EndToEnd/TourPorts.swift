import TapTesting

/// Free ports in place of those that documents and samples name.
struct TourPorts {
    private static let shown = [
        "1080", "4040", "5353", "6665", "6666", "7913", "7979", "8000", "8080", "8081", "8082", "8443", "9000",
    ]
    private let given: [String]

    /// Looks for ports of this machine that nobody has.
    ///
    /// Throws when the system gives none.
    init() async throws {
        let script = """
            import socket
            sockets = [socket.create_server(('127.0.0.1', 0)) for _ in range(\(Self.shown.count))]
            print(*(s.getsockname()[1] for s in sockets))
            """
        given = try await Program.run("python3", ["-c", script], in: "/").output.split { " \n".contains($0) }.map(
            String.init)
    }

    /// A command with the ports that are free.
    func given(_ text: String) -> String { Self.replaced(text, Self.shown, with: given) }

    /// An output with the ports of the document.
    func shown(_ text: String) -> String { Self.replaced(text, given, with: Self.shown) }

    private static func replaced(_ text: String, _ from: [String], with to: [String]) -> String {
        text.replacing(/\d+/) { match in
            from.firstIndex(of: String(match.output)).map { to[$0] } ?? String(match.output)
        }
    }
}
