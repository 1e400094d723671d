import TapTesting

/// The shell of a running application, as somebody uses it who has a client that sends lines, such as ncat.
struct TelnetTalk {
    private let connection: TestConnection
    private let prompt: String

    /// Connects to a port of this machine and logs in.
    init(
        to port: Int, as name: String = "ada", _ password: String = "secret", application: String = "web"
    ) async throws {
        connection = try TestConnection(to: .tcp(host: "127.0.0.1", port: UInt16(port)))
        prompt = "\(application)> "
        _ = try await connection.receive(through: "login: ")
        try await connection.send("\(name)\n\(password)\n")
        _ = try await connection.receive(through: prompt)
    }

    /// What a line is answered, as text.
    func ask(_ line: String) async throws -> String {
        try await connection.send(line + "\n")
        return String(try await connection.receive(through: prompt).dropLast(prompt.count)).replacing(
            "\r\n", with: "\n")
    }

    /// What a line is answered that ends the session.
    func askLast(_ line: String) async throws -> String {
        try await connection.send(line + "\n")
        return String(decoding: try await connection.receiveAll(), as: UTF8.self).replacing("\r\n", with: "\n")
    }

    /// Waits for the end of the session.
    func end() async throws -> String {
        String(decoding: try await connection.receiveAll(), as: UTF8.self).replacing("\r\n", with: "\n")
    }
}
