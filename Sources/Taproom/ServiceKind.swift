public import ArgumentParser
public import ServiceLifecycle
public import TapData

/// A type of service: what `web` is in `mktap web`.
///
/// A kind is never made: it is a name for the types and functions below, and reaches the tools in an explicit list.
/// What is stored is its settings; what runs is made from them anew at every start.
public protocol ServiceKind: Sendable {
    /// What the administrator asked for.
    associatedtype Settings: ServiceSettings
    /// The command line of `mktap` for this kind.
    associatedtype Options: ServiceOptions where Options.Settings == Settings

    /// The word of the kind on the command line, in descriptions and in the tap. Lower-case letters, digits and hyphens.
    /// It never changes: taps are found by it.
    static var word: String { get }

    /// One sentence for `mktap --list`.
    static var summary: String { get }

    /// Words the kind had before: services stored under one of them are taken over. The default is none.
    static var formerWords: [String] { get }

    /// How settings that older versions of the kind stored are read. The default is that there were none.
    ///
    /// Begin a chain of types when old settings can't be read as the new ones; keys that are only added need none, for they
    /// have defaults.
    static var settingsMigration: Migration<Settings> { get }

    /// The cells and tables a service of this kind may open. The default is none.
    static var state: [any StateDeclaration] { get }

    /// Whether services of this kind take `udp:` endpoints, where datagrams come and no connections. The default is no.
    static var acceptsDatagrams: Bool { get }

    /// Whether a service that runs can take other settings without being made anew; it is a ``ReconfigurableService`` then.
    ///
    /// Where it listens is the same in both. The default is no: a service with the new settings takes its place, on the same
    /// sockets.
    static func canReconfigure(from old: Settings, to new: Settings) -> Bool

    /// Makes the service.
    ///
    /// Called at every start, after every socket is bound and privileges are dropped, before the application counts as
    /// serving. The service runs until its `run()` returns, which should be soon after its graceful shutdown begins.
    /// What this throws is shown to the administrator; nothing stays running then.
    static func makeService(settings: Settings, context: ServiceContext) async throws -> any Service
}

extension ServiceKind {
    /// It was always called the same.
    public static var formerWords: [String] { [] }

    /// There were no others.
    public static var settingsMigration: Migration<Settings> { Migration() }

    /// Connections only.
    public static var acceptsDatagrams: Bool { false }

    /// No cells.
    public static var state: [any StateDeclaration] { [] }

    /// Other settings need another service.
    public static func canReconfigure(from old: Settings, to new: Settings) -> Bool { false }
}

/// A service that can go on with other settings.
public protocol ReconfigurableService: Service {
    /// The settings of its kind.
    associatedtype Settings: ServiceSettings

    /// Prepares for other settings, and answers what makes them count.
    ///
    /// Called only for changes that ``ServiceKind/canReconfigure(from:to:)`` allows. What this throws is shown to the
    /// administrator, and everything goes on as it was. What is answered can't fail: it is called when the change is on
    /// disk, or never.
    func reconfiguration(to settings: Settings) async throws -> @Sendable () -> Void
}

/// The settings of a kind: plain data with a default for every key.
///
/// Keys that a description leaves out keep the value that `init()` gives; unknown keys are errors. No key is called
/// `name`, `kind`, `was`, `enabled`, `restart`, `services` or `state`, for these belong to every service. Making, reading and
/// comparing settings touches no files and no sockets.
public protocol ServiceSettings: DocumentedSettings, Equatable, Sendable {
    /// Where the service listens: the runner binds these and hands the sockets over. The default is nowhere.
    var endpoints: [Endpoint] { get }

    /// What is wrong with these settings beyond the types of their values and the ranges of their fields, which are checked
    /// anyway. The default is nothing.
    func problems() -> [SettingProblem]
}

extension ServiceSettings {
    /// Nowhere.
    public var endpoints: [Endpoint] { [] }

    /// Nothing is wrong.
    public func problems() -> [SettingProblem] { [] }

    /// Everything that is wrong beyond the types of the values.
    package var allProblems: [SettingProblem] { rangeProblems + problems() }

    /// Everything that is wrong, for settings that stand as a group in those of another kind, under a key of these.
    ///
    ///     func problems() -> [SettingProblem] { web.problems(below: "web") }
    public func problems(below key: String) -> [SettingProblem] {
        allProblems.map { SettingProblem("\(key).\($0.key)", $0.problem) }
    }
}

/// A group of settings inside of settings, such as `limits: {idle: 10s}`: each of its keys has a default too.
public typealias SettingsGroup = Defaulted

/// A value that a kind does not accept.
public struct SettingProblem: Sendable, Equatable {
    /// The key, with dots for groups in groups: `limits.body`.
    public var key: String
    /// What is wrong, to be read after the key: "must be from 1 to 100, but is 0".
    public var problem: String

    /// Names a key and what is wrong with its value.
    public init(_ key: String, _ problem: String) {
        self.key = key
        self.problem = problem
    }
}

/// The options of a kind on the command line.
public protocol ServiceOptions: ParsableArguments {
    /// The settings of the kind.
    associatedtype Settings: ServiceSettings

    /// The settings these options ask for. Throw a `ValidationError` for options that don't fit together.
    func settings() throws -> Settings
}
