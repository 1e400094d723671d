import Taproom

/// One thing that is wrong with a ``PackageRequest``.
package enum PackageProblem: Sendable, Equatable, CustomStringConvertible {
    case name(String)
    /// The name of the runner's package, which the package depends on.
    case takenName(String)
    /// A name of a package that an image can't have.
    case imageName(String)
    case version(String)
    /// A version that only rpm can't have.
    case versionOfRPM(String)
    case maintainer(String)
    case summary(String)
    case longDescription
    case date(Int)
    /// A date that only the header of an rpm has no room for.
    case dateOfRPM(Int)
    case sourceDateEpoch(String)
    case applicationName(String)
    case user(String)
    case group(String)
    case unit(String)
    case section(String)
    case homepage(String)
    case license(String)
    case depends(String)
    /// A dependency that dpkg can't read.
    case dependsOfDebian(String)
    /// A dependency that only rpm can't have.
    case dependsOfRPM(String)
    /// A library of the program that is put into the package, of which the package that has it is not known.
    case library(String)
    /// A path that something included can't have in a package.
    case includePath(String)
    /// A path at which two things are to be, or a file and what is in a folder of its name.
    case collision(String)
    /// A socket at a place where the service cannot make it, or nobody finds it.
    case socket(path: String, package: String)

    /// What is wrong and where, then what to do.
    package var description: String { "\(problem). \(advice)" }

    /// What is wrong, and where.
    package var problem: String {
        switch self {
        case .name(let name):
            "the name of the package must be 2 or more of a-z, 0-9, \"+\", \"-\" and \".\", and begin with a letter or "
                + "digit, but is \"\(name)\""
        case .takenName(let name): "\(name) is the package of the runner itself"
        case .imageName(let name):
            "the name of an image must be words of a-z and 0-9 with one \"-\" or \".\" between two, but is \"\(name)\""
        case .version(let version):
            "the version must begin with a digit and consist of letters, digits, \".\", \"+\", \"~\" and \"-\", "
                + "but is \"\(version)\""
        case .versionOfRPM(let version):
            "the version in an rpm can have one \"-\" before the release, and one \":\" behind the epoch, but is "
                + "\"\(version)\""
        case .maintainer(let maintainer): "the maintainer must be written 'Name <mail>', but is \"\(maintainer)\""
        case .summary(let summary):
            "the description must be one line of 1 to 79 characters, but "
                + (summary.contains(where: \.isNewline)
                    ? "has several lines" : summary.isBlank ? "is empty" : "has \(summary.count) characters")
        case .longDescription: "the long description is empty"
        case .date(let date):
            "the date must be from 0 to \(PackageRequest.latestDate) seconds since 1970, but is \(date)"
        case .dateOfRPM(let date):
            "the date in an rpm must be from 0 to \(UInt32.max) seconds since 1970, but is \(date)"
        case .sourceDateEpoch(let text): "SOURCE_DATE_EPOCH must be a number of seconds since 1970, but is \"\(text)\""
        case .applicationName(let name): "the application's name \(Name.problem(name) ?? "is \"\(name)\"")"
        case .user(let user): "the application's user must be a number or a name of a user, but is \"\(user)\""
        case .group(let group): "the application's group must be a number or a name of a group, but is \"\(group)\""
        case .unit(let name):
            "the name of the unit must be letters, digits, \"-\", \"_\" and \".\", but is \"\(name)\""
        case .section(let section): "the section must be small letters, such as net, but is \"\(section)\""
        case .homepage(let address): "the homepage must be an address of the web, but is \"\(address)\""
        case .license(let license): "the license must be one line, but is \"\(license)\""
        case .library(let name): "the program needs \(name), and which package has it is not known"
        case .depends(let word): "what it depends on must be one line, but is \"\(word)\""
        case .dependsOfDebian(let word):
            "what it depends on must be names, each perhaps with a version in parentheses, and commas or \"|\" between, but "
                + "is \"\(word)\""
        case .dependsOfRPM(let word):
            "what an rpm depends on must be names, each perhaps with a version, and commas between, but is \"\(word)\""
        case .collision(let path): "two things are to be installed as \(path), or one of them in the other"
        case .includePath(let path): "a package can't install \(path)"
        case .socket(let path, _): "a service under systemd cannot offer the socket \(path)"
        }
    }

    /// What to do.
    package var advice: String {
        switch self {
        case .name, .takenName: "Give another name with -d, such as taproom-web."
        case .imageName: "Give another name with --image, such as web."
        case .version: "Give a version such as 1.0, 1.0-2 or 1:1.0 with --set-version."
        case .versionOfRPM: "Give a version such as 1.0, 1.0-2 or 1:1.0 with --set-version."
        case .maintainer: "Give one such as --maintainer 'Ada Lovelace <ada@example.com>'."
        case .summary: "Say the rest in --long_description."
        case .longDescription: "Leave --long_description out, or say what the application does."
        case .date, .dateOfRPM, .sourceDateEpoch: "Correct or unset SOURCE_DATE_EPOCH."
        case .applicationName: "Give the application another name."
        case .user, .group: "Use up to 31 of a-z, 0-9, \"_\" and \"-\", beginning with a letter."
        case .unit: "Give another name with --unit, such as web."
        case .section: "Debian's sections are listed in section 2.4 of its policy."
        case .homepage: "Give one such as --homepage https://example.com."
        case .license: "Give one such as --license MIT."
        case .library: "Name the package with --depends."
        case .depends, .dependsOfDebian: "Give a package such as --depends 'php-fpm (>= 8.2)'."
        case .dependsOfRPM: "Give a package such as --depends 'php-fpm >= 8.2'."
        case .includePath, .collision: "Give another target: --include PATH=TARGET."
        case .socket(_, let package): "Let it listen on a socket in /run/\(package)."
        }
    }

    /// Whether the mistake is in the application, and not in what the user said about the package.
    package var isInApplication: Bool {
        switch self {
        case .applicationName, .user, .group, .socket: true
        default: false
        }
    }
}

extension StringProtocol {
    var isBlank: Bool { allSatisfy(\.isWhitespace) }
}
