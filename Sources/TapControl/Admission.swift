import Glibc
import NIOHTTP1
import TapFile

/// Who is let in at a socket of the API, and what they may.
package enum Admission: Sendable {
    /// At a unix socket: who is at the other end, as the system says.
    ///
    /// Root, the tap's owner and the runner's user may all; members of the group of readers may look.
    case peers(owner: UInt32, readers: UInt32?)
    /// On TCP, where the system does not say who it is: who shows a token.
    case tokens
}

/// The process at the other end of a unix socket.
struct Peer: Sendable, Equatable {
    var user: UInt32
    /// Whether it is in the group of those who may look.
    var isReader: Bool

    /// What a peer may.
    ///
    /// Throws ``ControlError/notAllowed(user:)``.
    func asker(owner: UInt32) throws(ControlError) -> Asker {
        let name = UserName.text(of: user)
        if [0, geteuid(), owner].contains(user) { return Asker(name: name) }
        guard isReader else { throw .notAllowed(user: user) }
        return Asker(name: name, role: .read)
    }
}

/// Looks at requests that come over TCP.
struct TokenAdmission {
    let live: any LiveApplication

    /// Who asks.
    ///
    /// A page in a browser must not get at the application even when it has the name of its server lead to this machine:
    /// browsers say with `Origin` where a request comes from, and with `Host` which name they were given.
    ///
    /// Throws ``ControlError``, and what the tap throws when it can't be read.
    func asker(_ headers: HTTPHeaders) async throws -> Asker {
        if let origin = headers.first(name: "origin") {
            throw ControlError.notFromHere("pages in browsers may not ask here, and this is one of \(origin)")
        }
        let host = headers.first(name: "host") ?? ""
        guard TokenAdmission.isLoopback(host) else {
            throw ControlError.notFromHere("this is asked for by the name \"\(host)\", and must be by localhost")
        }
        // RFC 6750, section 2.1.
        let words = (headers.first(name: "authorization") ?? "").split(separator: " ")
        guard words.count == 2, words[0].lowercased() == "bearer", let token = try await live.token(String(words[1]))
        else { throw ControlError.noToken }
        return Asker(name: "token:\(token.name)", origin: "tcp", role: token.canWrite ? .write : .read)
    }

    /// Whether a `Host` is a name or an address of this machine that no other machine can have.
    static func isLoopback(_ host: String) -> Bool {
        let name = host.hasPrefix("[") ? host.prefix { $0 != "]" }.dropFirst() : host.prefix { $0 != ":" }
        var four = in_addr()
        if inet_pton(AF_INET, String(name), &four) == 1 { return UInt32(bigEndian: four.s_addr) >> 24 == 127 }
        return name == "::1" || name.lowercased() == "localhost"
    }
}
