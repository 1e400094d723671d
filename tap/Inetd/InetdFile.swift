import Glibc
import TapProcess
import Taproom

/// Reads an inetd.conf.
///
/// A line is: [address:]service, socket type, protocol, wait or nowait, user, program, words. What counts is the common
/// part of the systems, with `.MAX` (starts in a minute, as OpenBSD and Debian have it) or `/MAX` (programs at once, as FreeBSD
/// has it) behind wait, `:GROUP` or `.GROUP` behind the user, and a line `ADDRESS:` for those behind it.
struct InetdFile {
    /// A line that can't be taken.
    struct Problem: Equatable {
        let line: Int
        let text: String
    }

    private(set) var entries: [InetdEntry] = []
    private(set) var problems: [Problem] = []
    private let skipsInternal: Bool
    private var address: String?

    /// Reads a text.
    ///
    /// - Parameters:
    ///   - text: what is in the file.
    ///   - skipsInternal: whether lines for internal services are left out.
    init(_ text: String, skipsInternal: Bool) {
        self.skipsInternal = skipsInternal
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let words = line.split { $0 == " " || $0 == "\t" || $0 == "\r" }.map(String.init)
            guard let first = words.first, !first.hasPrefix("#") else { continue }
            do throws(Refusal) {
                if words.count == 1, first.hasSuffix(":") {
                    let address = String(first.dropLast())
                    self.address = address == "*" ? nil : address
                } else if let entry = try entry(words) {
                    entries.append(entry)
                }
            } catch {
                problems.append(Problem(line: index + 1, text: error.text))
            }
        }
    }

    private struct Refusal: Error {
        let text: String

        init(_ text: String) { self.text = text }
    }

    private func entry(_ words: [String]) throws(Refusal) -> InetdEntry? {
        guard words.count >= 6 else {
            throw Refusal(
                "has \(words.count) words: a line needs service, socket type, protocol, wait or nowait, user and program"
            )
        }
        var entry = InetdEntry()
        let isStream = try isStream(words[1], words[2])
        try readWaiting(words[3], into: &entry)
        let (place, name) = try self.place(words[0], words[2], isStream)
        (entry.listen, entry.name) = ([place], name)
        if words[4].contains("/") { throw Refusal("a login class, as in \"\(words[4])\", is not supported") }
        let user = words[4].split(maxSplits: 1) { ":.".contains($0) }.map(String.init)
        guard let first = user.first else { throw Refusal("has no user") }
        entry.user = first
        if user.count == 2 { entry.group = user[1] }
        if words[5] == "internal" {
            guard let word = InetdEntry.Internal(rawValue: name) else {
                let known = InetdEntry.Internal.allCases.map(\.rawValue).joined(separator: ", ")
                throw Refusal("there is no internal service \"\(name)\": there are \(known)")
            }
            if skipsInternal { return nil }
            (entry.internal, entry.wait, entry.user, entry.group) = (word, false, nil, nil)
            return entry
        }
        guard words[5].hasPrefix("/") else {
            throw Refusal("the program must be an absolute path, but is \"\(words[5])\"")
        }
        if !isStream, !entry.wait {
            throw Refusal("dgram with nowait can't be: the program gets the socket, and others wait until it ends")
        }
        entry.program = LocalPath(words[5])
        entry.command = words.count > 6 ? Array(words[6...]) : [words[5]]
        return entry
    }

    /// Whether connections come, and no datagrams.
    private func isStream(_ type: String, _ way: String) throws(Refusal) -> Bool {
        if way.hasPrefix("rpc/") { throw Refusal("\(Self.noRPC)") }
        if way.contains(",") { throw Refusal("sizes of buffers, as in \"\(way)\", are not supported") }
        let ways = ["tcp", "tcp4", "tcp6", "tcp46", "udp", "udp4", "udp6", "udp46", "unix"]
        guard ways.contains(way) else {
            throw Refusal("the protocol must be one of \(ways.joined(separator: ", ")), but is \"\(way)\"")
        }
        switch type {
        case "stream" where !way.hasPrefix("udp"): return true
        case "dgram" where way.hasPrefix("udp"): return false
        case "dgram" where way == "unix": throw Refusal("datagrams of unix sockets are not supported")
        case "stream", "dgram": throw Refusal("\(type) does not go with \(way)")
        default: throw Refusal("the socket type must be stream or dgram, but is \"\(type)\"")
        }
    }

    /// What is said of rpc services.
    static let noRPC = "services of RPC are not supported: run them by themselves, they talk to rpcbind on their own"

    private func readWaiting(_ word: String, into entry: inout InetdEntry) throws(Refusal) {
        let first = word.prefix { $0 != "." && $0 != "/" }
        guard ["wait", "nowait"].contains(first) else {
            throw Refusal("must have wait or nowait in the fourth place, but has \"\(word)\"")
        }
        entry.wait = first == "wait"
        guard first.count < word.count else { return }
        let isRate = word.dropFirst(first.count).first == "."
        let number = word.dropFirst(first.count + 1)
        let most = isRate ? 1_000_000 : 100_000
        guard let count = Int(number), (1...most).contains(count) else {
            let what = isRate ? "starts in a minute" : "programs at once"
            throw Refusal("the number of \(what) must be from 1 to \(most), but is \"\(number)\"")
        }
        if isRate { entry.perMinute = count } else { entry.atOnce = count }
    }

    /// Where the service listens, and its name.
    private func place(_ word: String, _ way: String, _ isStream: Bool) throws(Refusal) -> (Endpoint, String) {
        if way == "unix" {
            guard word.hasPrefix("/"), let endpoint = try? Endpoint("unix:[\(word)]") else {
                throw Refusal("a unix socket must be an absolute path of fewer than 108 bytes, but is \"\(word)\"")
            }
            return (endpoint, word)
        }
        let colon = word.lastIndex(of: ":")
        let name = String(colon.map { word[word.index(after: $0)...] } ?? word[...])
        if name.hasPrefix("tcpmux") || word.hasPrefix("tcpmux/") { throw Refusal("tcpmux is not supported") }
        let given = colon.map { String(word[..<$0]) }
        let interface: String? = given.map { $0 == "*" ? nil : $0 } ?? address
        guard let port = InetdFile.port(name, isStream ? "tcp" : "udp") else {
            throw Refusal("\"\(name)\" is neither a port nor a service of \(isStream ? "tcp" : "udp") in /etc/services")
        }
        let usual = way.hasSuffix("46") ? nil : way.hasSuffix("4") ? "0.0.0.0" : way.hasSuffix("6") ? "::" : nil
        let bare = (interface ?? usual).map { String($0.drop { $0 == "[" }.prefix { $0 != "]" }) }
        return (Endpoint(isStream ? .tcp(port: port, interface: bare) : .udp(port: port, interface: bare)), name)
    }

    /// The port of a number or a name of services(5).
    private static func port(_ name: String, _ way: String) -> UInt16? {
        if let number = UInt16(name), number > 0, !name.hasPrefix("+") { return number }
        guard let entry = getservbyname(name, way) else { return nil }
        return UInt16(bigEndian: UInt16(truncatingIfNeeded: entry.pointee.s_port))
    }
}
