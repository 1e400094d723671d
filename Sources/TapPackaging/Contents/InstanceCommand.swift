import TapData
import Taproom

/// The command with the name of the package: tapctl, which knows the tap already; with its completion and manual page.
struct InstanceCommand {
    let places: InstancePlaces
    let request: PackageRequest

    var path: String { "/usr/sbin/" + places.package }

    /// The command.
    var script: String {
        """
        #!/bin/sh
        # tapctl for the application of this package: the verb, the tap, and the verb's own words.
        case "${1:---help}" in
            -* | help) exec \(places.tool("tapctl")) "${@:---help}" ;;
        esac
        verb=$1
        shift
        exec \(places.tool("tapctl")) "$verb" \(places.tap) "$@"

        """
    }

    /// Completion for bash: verbs first, then what is in the application as it was packaged.
    var completion: String {
        let function = "_" + places.package.map { $0.isLetter || $0.isNumber ? String($0) : "_" }.joined()
        return """
            # Completion of \(places.package): the verbs of tapctl, then services and settings as they were packaged.
            \(function)() {
                local words
                if [ "$COMP_CWORD" -eq 1 ]; then
                    words="\(request.verbs.joined(separator: " "))"
                else
                    words="\(paths.joined(separator: " "))"
                fi
                mapfile -t COMPREPLY < <(compgen -W "$words" -- "${COMP_WORDS[COMP_CWORD]}")
            }
            complete -o default -F \(function) \(places.package)

            """
    }

    /// Services and their settings: `web`, `web.listen`.
    private var paths: [String] {
        request.application.servicesByPath.flatMap { path, service in
            [path] + service.settings.members.map { "\(path).\($0.key)" }
        }
    }

    /// The page of the manual, in section 8.
    var manualPage: String {
        let name = places.package
        let day = UTCTime(secondsSince1970: request.date).dayText
        return """
            .TH \(escaped(name.uppercased())) 8 "\(day)" "\(escaped(name)) \(escaped(request.version))" "Taproom"
            .SH NAME
            \(escaped(name)) \\- \(escaped(request.summary))
            .SH SYNOPSIS
            .B \(escaped(name))
            .I verb
            .RI [ argument \\|...]
            .SH DESCRIPTION
            \(request.longDescription.split(separator: "\n").map { escaped(String($0)) }.joined(separator: "\n.PP\n"))
            .PP
            The command is
            .BR tapctl (1)
            with the tap of this application:
            .B \(escaped("\(name) set \(paths.dropFirst().first ?? "web.listen")=VALUE"))
            changes it while it runs,
            .B \(escaped("\(name) history"))
            shows what was changed, and
            .B \(escaped("\(name) rollback N"))
            goes back.
            .PP
            .B \(escaped("systemctl status \(places.unit)"))
            shows whether it runs, and
            .B \(escaped("systemctl reload \(places.unit)"))
            reads its description again.
            .SH SERVICES
            \(services)\
            .SH FILES
            .TP
            .I \(escaped(places.description))
            What this machine wants to be different. It is merged with what was changed at run time; where both say
            something else of one setting, what was changed at run time stays, and the log says so.
            .TP
            .I \(escaped(places.seed))
            The application as it was packaged.
            .TP
            .I \(escaped(places.tap))
            The application as it is: settings, state and history.
            .SH SEE ALSO
            .BR tapctl (1),
            .BR tapd (8)

            """
    }

    private var services: String {
        request.application.servicesByPath.map { path, service in
            let listen = service.settings.members.first { $0.key == "listen" }?.value.string
            return ".TP\n.B \(escaped(path))\n\(escaped(service.kind))\(listen.map { ", " + escaped($0) } ?? "")\n"
        }.joined()
    }

    /// Text as roff shows it: no line is taken for a request, no hyphen for a break.
    private func escaped(_ text: String) -> String {
        let text = text.replacing("\\", with: "\\e").replacing("-", with: "\\-")
        return text.hasPrefix(".") || text.hasPrefix("'") ? "\\&" + text : text
    }
}
