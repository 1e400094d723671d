/// What a client asks for when it has shown who it is.
struct SocksRequest: Equatable, Sendable {
    let version: SocksVersion
    let command: SocksCommand
    let destination: Destination
}
