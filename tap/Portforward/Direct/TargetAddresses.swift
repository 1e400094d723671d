import NIOPosix
import Synchronization
import TapSplice

/// The addresses of plain targets, looked up beforehand: those who pass connections on can't wait for the DNS.
final class TargetAddresses: Sendable {
    private let targets: [ForwardTarget]
    /// Whether no target is encrypted.
    private let arePlain: Bool
    private let names: Mutex<[[SocketName]]>

    init(_ targets: [ForwardTarget]) {
        self.targets = targets
        arePlain = targets.allSatisfy { $0.tls == nil }
        names = Mutex(targets.map { TargetAddresses.names(of: $0, isNumeric: true) })
    }

    private static func names(of target: ForwardTarget, isNumeric: Bool) -> [SocketName] {
        switch target.address {
        case .tcp(let host, let port): SocketName.resolve(host, port: port, isNumeric: isNumeric)
        case .unix(let path): [SocketName(unix: path)]
        case .udp: []
        }
    }

    /// Whether a connection can go to any target without waiting for anything.
    var areKnown: Bool { arePlain && names.withLock { $0.allSatisfy { !$0.isEmpty } } }

    /// The addresses of a target.
    func names(_ index: Int) -> [SocketName] { names.withLock { $0[index] } }

    /// Whether addresses may change.
    private var haveNames: Bool {
        targets.contains { TargetAddresses.names(of: $0, isNumeric: true).isEmpty && !$0.takesDatagrams }
    }

    /// Looks names up again; what is not found any more stays as it was.
    func refresh() async {
        guard arePlain, haveNames else { return }
        let found = try? await NIOThreadPool.singleton.runIfActive { [targets] in
            targets.map { TargetAddresses.names(of: $0, isNumeric: false) }
        }
        guard let found else { return }
        names.withLock { names in
            for (index, new) in found.enumerated() where !new.isEmpty { names[index] = new }
        }
    }
}
