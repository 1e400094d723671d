import Crypto
import Glibc
import NIOSSL
import SwiftASN1

/// A certificate that signs itself, for the developer's own machine: X.509 version 3 (RFC 5280) with a key on P-256, valid
/// for 90 days.
enum DevelopmentCertificate {
    private static let lifetime = 90 * 86_400

    /// Makes a key and a certificate for names of hosts and addresses.
    ///
    /// Throws ``CertificateError``.
    static func make(_ names: [String]) throws(CertificateError) -> ServerIdentity {
        do {
            let key = P256.Signing.PrivateKey()
            let body = try certificateBody(names, key: key.publicKey.x963Representation, now: time(nil))
            let signature = try key.signature(for: body).derRepresentation
            var certificate = DER.Serializer()
            try certificate.appendConstructedNode(identifier: .sequence) { coder in
                coder.serializeRawBytes(body)
                try appendSignatureAlgorithm(&coder)
                try coder.serialize(ASN1BitString(bytes: Array(signature)[...]))
            }
            return ServerIdentity(
                chain: [try NIOSSLCertificate(bytes: certificate.serializedBytes, format: .der)],
                key: try NIOSSLPrivateKey(bytes: Array(key.derRepresentation), format: .der))
        } catch {
            throw CertificateError(path: "for development", problem: "can't be made: \(error)")
        }
    }

    /// The part that is signed (RFC 5280, 4.1.2).
    private static func certificateBody(
        _ names: [String], key: some Sequence<UInt8>, now: Int
    ) throws -> [UInt8] {
        var coder = DER.Serializer()
        try coder.appendConstructedNode(identifier: .sequence) { coder in
            try coder.serialize(2, explicitlyTaggedWithTagNumber: 0, tagClass: .contextSpecific)
            try coder.serialize(Int64.random(in: 1 ... .max))
            try appendSignatureAlgorithm(&coder)
            try appendName(&coder)
            try coder.appendConstructedNode(identifier: .sequence) { coder in
                try coder.serialize(utcTime(now - 3600))
                try coder.serialize(utcTime(now + lifetime))
            }
            try appendName(&coder)
            try coder.appendConstructedNode(identifier: .sequence) { coder in
                try coder.appendConstructedNode(identifier: .sequence) { coder in
                    try coder.serialize([1, 2, 840, 10045, 2, 1] as ASN1ObjectIdentifier)
                    try coder.serialize([1, 2, 840, 10045, 3, 1, 7] as ASN1ObjectIdentifier)
                }
                try coder.serialize(ASN1BitString(bytes: Array(key)[...]))
            }
            try coder.appendConstructedNode(
                identifier: ASN1Identifier(tagWithNumber: 3, tagClass: .contextSpecific)
            ) { coder in
                try coder.appendConstructedNode(identifier: .sequence) { try appendExtensions(names, &$0) }
            }
        }
        return coder.serializedBytes
    }

    /// ecdsa-with-SHA256 (RFC 5758, 3.2).
    private static func appendSignatureAlgorithm(_ coder: inout DER.Serializer) throws {
        try coder.appendConstructedNode(identifier: .sequence) {
            try $0.serialize([1, 2, 840, 10045, 4, 3, 2] as ASN1ObjectIdentifier)
        }
    }

    /// One common name; hosts are looked for in the extension only.
    private static func appendName(_ coder: inout DER.Serializer) throws {
        try coder.appendConstructedNode(identifier: .sequence) { coder in
            try coder.appendConstructedNode(identifier: .set) { coder in
                try coder.appendConstructedNode(identifier: .sequence) { coder in
                    try coder.serialize([2, 5, 4, 3] as ASN1ObjectIdentifier)
                    try coder.serialize(ASN1UTF8String("Taproom development"))
                }
            }
        }
    }

    /// The subject's alternative names and what the key is for (RFC 5280, 4.2.1.6 and 4.2.1.12).
    private static func appendExtensions(_ names: [String], _ coder: inout DER.Serializer) throws {
        var alternatives = DER.Serializer()
        alternatives.appendConstructedNode(identifier: .sequence) { coder in
            for name in names {
                let address = addressBytes(name)
                let tag = ASN1Identifier(tagWithNumber: address == nil ? 2 : 7, tagClass: .contextSpecific)
                coder.appendPrimitiveNode(identifier: tag) { $0.append(contentsOf: address ?? Array(name.utf8)) }
            }
        }
        try append([2, 5, 29, 17], alternatives.serializedBytes, &coder)
        var uses = DER.Serializer()
        try uses.appendConstructedNode(identifier: .sequence) {
            try $0.serialize([1, 3, 6, 1, 5, 5, 7, 3, 1] as ASN1ObjectIdentifier)
        }
        try append([2, 5, 29, 37], uses.serializedBytes, &coder)
    }

    private static func append(
        _ identifier: ASN1ObjectIdentifier, _ value: [UInt8], _ coder: inout DER.Serializer
    ) throws {
        try coder.appendConstructedNode(identifier: .sequence) { coder in
            try coder.serialize(identifier)
            try coder.serialize(ASN1OctetString(contentBytes: value[...]))
        }
    }

    /// The bytes of an address of IPv4 or IPv6; nil for other names.
    private static func addressBytes(_ name: String) -> [UInt8]? {
        var four = [UInt8](repeating: 0, count: 4)
        if inet_pton(AF_INET, name, &four) == 1 { return four }
        var six = [UInt8](repeating: 0, count: 16)
        return inet_pton(AF_INET6, name, &six) == 1 ? six : nil
    }

    private static func utcTime(_ seconds: Int) throws -> UTCTime {
        var (seconds, parts) = (time_t(seconds), tm())
        gmtime_r(&seconds, &parts)
        return try UTCTime(
            year: Int(parts.tm_year) + 1900, month: Int(parts.tm_mon) + 1, day: Int(parts.tm_mday),
            hours: Int(parts.tm_hour), minutes: Int(parts.tm_min), seconds: Int(parts.tm_sec))
    }
}
