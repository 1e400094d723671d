import Taproom

/// The scripts that rpm runs around an instance, as "Scriptlets" and "Triggers" of its manual describe them.
///
/// Each is told how many versions of the package there will be afterwards: 1 at the first installation, 2 while one
/// replaces another, 0 when the last is erased. The new version's scripts run before those of the old one.
struct RPMScriptlets {
    let places: InstancePlaces
    let request: PackageRequest
    /// The units, and the files they are in.
    let units: [(name: String, file: String)]

    private var parts: ShellParts {
        ShellParts(
            places: places,
            again: "Mend what is said above, then install \(places.package) again: dnf reinstall or zypper install -f.")
    }

    /// Where %pre leaves what the units were.
    private var formerUnits: String { "/run/\(places.package).units" }
    /// Which program the application was brought to last.
    private var program: String { "/run/\(places.package).program" }
    private var unitNames: String { units.map(\.name).joined(separator: " ") }
    private var unitFiles: String { units.map(\.file).joined(separator: " ") }

    /// Before the files are there: the account.
    var pre: String {
        """
        # Makes the user, where it is missing: rpm 4.19 has done it already.
        set -e

        \(parts.account(by: sysusers))
        if [ "$1" -ge 2 ] && [ -d /run/systemd/system ] && [ ! -e \(formerUnits) ]; then
            # So that %post knows whether they changed.
            cat \(unitFiles) 2>/dev/null >\(formerUnits) || :
        fi

        """
    }

    /// The file for systemd-sysusers is not there yet.
    private var sysusers: String {
        let lines = (AccountFiles(places: places).sysusers ?? "").split(separator: "\n").map { " '\($0)'" }.joined()
        return "printf '%s\\n'\(lines) | \\\n"
            + "        systemd-sysusers --replace=/usr/lib/sysusers.d/\(places.package).conf -"
    }

    /// When the files are there: the tap, and the service.
    var post: String {
        """
        # Makes the folder of the state and the live tap, where they are missing, and brings a tap that is there to this
        # version. What runs goes on, in this version; what does not run is not started, unless presets say so.
        set -e

        \(parts.words)\
        \(parts.group)
        \(parts.tap)
        # What changed in the units counts for a new process only.
        trial=
        if [ -e \(formerUnits) ] && [ "$(cat \(unitFiles))" != "$(cat \(formerUnits))" ]; then
            trial=--trial
        fi
        if [ "$isNew" = no ]; then
        \(parts.indented(parts.upgrade))\
        fi
        \(noteProgram)\

        \(start)\
        rm -f \(formerUnits)

        """
    }

    /// The trigger runs after %post too, and has nothing to do then.
    private var noteProgram: String {
        request.runner == .shared ? "\(programNumber) >\(program) || :\n" : ""
    }

    private var programNumber: String { "stat -L -c '%i %Z' \(places.tool("tapd"))" }

    private var start: String {
        let noting = units.map {
            "        if systemctl is-active --quiet \($0.name); then active=\"$active \($0.name)\"; fi\n"
        }
        return """
            if [ "$1" -eq 1 ] && command -v systemctl >/dev/null; then
                systemctl --no-reload --quiet preset \(unitNames) || :
            fi
            if [ -d /run/systemd/system ]; then
                systemctl daemon-reload || :
                if [ "$1" -eq 1 ]; then
                    ! systemctl is-enabled --quiet \(places.service) || systemctl start \(unitNames) || :
                elif [ -n "$trial" ]; then
                    active=
            \(noting.joined())\
                    # A socket can't be bound anew while the service holds it.
                    # shellcheck disable=SC2086 # Words.
                    [ -z "$active" ] || { systemctl stop $active && systemctl start $active; } || :
                fi
            fi

            """
    }

    /// Before the files go.
    var preun: String {
        """
        # Stops the service before the last version goes. An upgrade leaves it running: it is in the new version already.
        set -e

        if [ "$1" -eq 0 ] && command -v systemctl >/dev/null; then
            systemctl --no-reload --quiet disable --now \(unitNames) || :
        fi

        """
    }

    /// When the files are gone.
    var postun: String {
        """
        # The state stays, and what an upgrade has just brought to the new version is left alone, but for units that the
        # new version has not.
        set -e

        if [ -d /run/systemd/system ]; then
        \(units.map { "    [ -e \($0.file) ] || systemctl --quiet stop \($0.name) 2>/dev/null || :\n" }.joined())\
            systemctl daemon-reload || :
        fi
        if [ "$1" -eq 0 ]; then
            rm -f \(formerUnits) \(program)
        fi

        """
    }

    /// When the package of the runner was installed or upgraded; nil: it has none.
    var triggerIn: String? {
        guard request.runner == .shared else { return nil }
        return """
            # A new runner is tried with the application, which is handed over to it or goes on with the old one.
            # shellcheck disable=SC2034 # Not all words are used here.
            set -e

            \(parts.words)\
            \(parts.group)
            # Nothing to do right after %post, and nothing before it made the tap.
            if [ "$(\(programNumber))" != "$(cat \(program) 2>/dev/null)" ] && [ -e "$tap" ]; then
                trial=
            \(parts.indented(parts.upgrade))\
                \(programNumber) >\(program)
            fi

            """
    }
}
