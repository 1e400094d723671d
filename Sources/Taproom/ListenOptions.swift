public import ArgumentParser

/// The options `--port` and `--listen`, for kinds that listen.
public struct ListenOptions: ParsableArguments {
    @Option(name: .shortAndLong, help: ArgumentHelp("Listen on this TCP port, on every address.", valueName: "port"))
    var port: [String] = []

    @Option(
        name: .long,
        help: ArgumentHelp("Listen here: \(Endpoint.form.writing). Can be repeated.", valueName: "endpoint"))
    var listen: [String] = []

    /// No options given.
    public init() {}

    /// The endpoints asked for, or others when none is.
    ///
    /// Throws a `ValidationError` that names the option.
    public func endpoints(default fallback: OneOrMore<Endpoint>) throws -> OneOrMore<Endpoint> {
        let ports = try port.map { text in
            guard let port = UInt16(text) else {
                throw ValidationError("--port must be a number from 0 to 65535, but is \"\(text)\".")
            }
            return Endpoint.tcp(port: port)
        }
        let others = try listen.map { text in
            do {
                return try Endpoint(text, in: LocalPath.workingFolder)
            } catch {
                throw ValidationError("--listen is no endpoint: \(error)")
            }
        }
        return ports.isEmpty && others.isEmpty ? fallback : OneOrMore(ports + others)
    }
}
