import Taproom

/// Where the parts of a packaged application are on the machine that runs it, and as whom it runs.
struct InstancePlaces {
    let package: String
    /// The name of the systemd unit.
    ///
    /// A "+" cannot be in it; an underscore cannot be in the name of a package.
    let unit: String
    let unitFile: String
    let documentation: String
    let seed: String
    let state: String
    let tap: String
    let account: InstanceAccount

    init(_ request: PackageRequest) {
        package = request.name
        unit = request.name.replacing("+", with: "_") + ".service"
        unitFile = "/lib/systemd/system/" + unit
        documentation = "/usr/share/doc/" + package
        seed = "/usr/share/\(package)/\(request.application.name).yaml"
        state = "/var/lib/" + package
        tap = "\(state)/\(request.application.name).tap"
        account = InstanceAccount(request.application)
    }
}

/// The user and group of a packaged application.
struct InstanceAccount {
    /// The user that the runner's package makes, for applications that name none.
    static let runner = "taproom"

    let user: String
    /// Absent: the user's own.
    ///
    /// A user given as a number may have no entry that says so; then the same number.
    let group: String?

    init(_ application: Application) {
        let user = application.user ?? Self.runner
        self.user = user
        group = application.group ?? (Self.isNumber(user) ? user : nil)
    }

    /// The user's name, if the user is to be made where there is none: numbers are used as they are.
    var userToMake: String? { Self.isNumber(user) ? nil : user }
    var groupToMake: String? { group.flatMap { Self.isNumber($0) ? nil : $0 } }

    private static func isNumber(_ name: String) -> Bool { name.utf8.allSatisfy(\.isDigit) }
}
