import Taproom

/// Where the parts of a packaged application are on the machine that runs it.
struct InstancePlaces {
    /// The package, and the command that changes the application.
    let package: String
    /// The systemd unit, without its ending.
    let unit: String
    /// The application as it was packaged.
    let seed: String
    /// What a new tap remembers.
    let seedState: String
    /// What this machine wants to be different.
    let description: String
    let state: String
    let tap: String
    let documentation: String
    /// Where distributions with rpm keep licenses.
    let license: String
    /// Where the tools are.
    let programs: String
    let account: InstanceAccount

    /// The places of a request.
    ///
    /// - Parameters:
    ///   - request: what is packaged.
    ///   - bundleFolder: where a program that is in the package gets a folder.
    init(_ request: PackageRequest, bundleFolder: String = "/usr/lib") {
        package = request.name
        unit = request.unit
        let application = request.application.name
        seed = "/usr/share/\(package)/\(application).yaml"
        seedState = "/usr/share/\(package)/\(application).state"
        description = "/etc/\(package)/\(application).yaml"
        state = "/var/lib/" + package
        tap = "\(state)/\(application).tap"
        documentation = "/usr/share/doc/" + package
        license = "/usr/share/licenses/" + package
        programs = request.runner == .shared ? "/usr/bin" : "\(bundleFolder)/\(package)"
        account = InstanceAccount(request)
    }

    /// The path of a tool.
    func tool(_ name: String) -> String { "\(programs)/\(name)" }

    var service: String { unit + ".service" }
    var socket: String { unit + ".socket" }
}

/// The user and group of a packaged application.
struct InstanceAccount {
    let user: String
    /// Absent: the user's own.
    ///
    /// A user given as a number may have no entry that says so; then the same number.
    let group: String?

    init(_ request: PackageRequest) {
        let user = request.application.user ?? Self.own(of: request.name)
        self.user = user
        group = request.application.group ?? (Self.isNumber(user) ? user : nil)
    }

    /// The user of an application that names none: one of its own, so that applications can't read each other's taps.
    private static func own(of package: String) -> String {
        let name = String(package.map { "+.".contains($0) ? "-" : $0 }.prefix(31))
        return name.utf8.first?.isDigit == true ? "t" + name.prefix(30) : name
    }

    /// The user's name, if the user is to be made where there is none: numbers are used as they are.
    var userToMake: String? { Self.isNumber(user) ? nil : user }
    var groupToMake: String? { group.flatMap { Self.isNumber($0) ? nil : $0 } }

    private static func isNumber(_ name: String) -> Bool { name.utf8.allSatisfy(\.isDigit) }
}
