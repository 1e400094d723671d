public import Taproom

/// How connections to `tls:` endpoints are encrypted.
public struct WebTLS: DocumentedSettings, SettingsGroup, Equatable, Sendable {
    /// The certificate where neither the endpoint nor a host names one.
    public var certificate: LocalPath?
    /// The certificate's key.
    public var key: LocalPath?
    /// Whether a certificate for development is made where there is none.
    public var `internal` = false
    /// Whether clients without TLS are sent to where there is.
    public var redirect = false
    /// For how long browsers shall come with TLS only.
    public var strictTransport: TimeSpan?

    /// The defaults.
    public init() {}

    /// What the keys mean.
    public static let fields: [SettingField<WebTLS>] = [
        SettingField(
            "certificate", "The file of a certificate in PEM, with its chain, where the endpoint or host names none.",
            examples: ["/etc/ssl/site.pem"]),
        SettingField(
            "key", "The file of the certificate's key; absent: it is in the file of the certificate.",
            examples: ["/etc/ssl/site.key"]),
        SettingField(
            "internal", "Make a certificate for development, which no browser trusts, where there is no other.",
            examples: [true]),
        SettingField("redirect", "Send clients without TLS to the same address with it.", examples: [true]),
        SettingField(
            "strictTransport", "For how long browsers shall come with TLS only (HSTS, RFC 6797).",
            examples: [TimeSpan(seconds: 180 * 86_400)]),
    ]
}
