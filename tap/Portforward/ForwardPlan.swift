import Logging
import NIOCore
import TapNetwork
import TapRelay
import TapSplice
import TapTLS
import Taproom

/// Settings, made ready: how connections are passed on that come from now on.
final class ForwardPlan: Sendable {
    let settings: PortforwardSettings
    let logger: Logger
    let records: ForwardRecords
    let rules: AddressRules
    /// The targets of connections.
    let streams: TargetGroup
    /// Where they are, in the same order.
    let addresses: TargetAddresses
    /// The targets of datagrams.
    let datagrams: TargetGroup
    let certificates: DoorCertificates
    let connector: Connector
    private let security: [ForwardTarget: TargetSecurity]

    /// Reads certificates; nothing is connected yet.
    ///
    /// Throws ``TapTLS/CertificateError`` and ``TargetSecurityError``.
    init(_ settings: PortforwardSettings, _ records: ForwardRecords, _ logger: Logger) throws {
        (self.settings, self.records, self.logger) = (settings, records, logger)
        rules = AddressRules(allow: settings.allow.elements, deny: settings.deny.elements)
        certificates = try DoorCertificates(settings, logger)
        connector = Connector(timeout: .milliseconds(settings.connect.milliseconds))
        var security: [ForwardTarget: TargetSecurity] = [:]
        for target in settings.to.elements {
            if let tls = target.tls { security[target] = try TargetSecurity(target, tls) }
        }
        self.security = security
        let targets = settings.to.elements
        let streams = targets.filter { !$0.takesDatagrams }
        self.streams = TargetGroup(streams, settings, records, logger)
        addresses = TargetAddresses(streams)
        datagrams = TargetGroup(targets.filter(\.takesDatagrams), settings, records, logger)
    }

    /// What encrypts connections to a target; nil: nothing does.
    func security(of target: ForwardTarget) -> TargetSecurity? { security[target] }

    var idle: TimeAmount { .milliseconds(settings.idle.milliseconds) }
    var connect: TimeAmount { .milliseconds(settings.connect.milliseconds) }

    /// The same times for connections that are passed on directly.
    var limits: SpliceLimits {
        SpliceLimits(
            connectMilliseconds: settings.connect.milliseconds, idleMilliseconds: settings.idle.milliseconds)
    }
}
