import Taproom

/// The scripts that dpkg runs around an instance (Policy, chapter 6).
struct MaintainerScripts {
    let places: InstancePlaces
    let request: PackageRequest
    /// The units, and the files they are in.
    let units: [(name: String, file: String)]

    var all: [PackageFile] {
        [("config", config), ("postinst", postinst), ("postrm", postrm), ("preinst", preinst), ("prerm", prerm)].map {
            name, text in PackageFile("/" + name, mode: 0o755, text: text)
        }
    }

    private var parts: ShellParts {
        ShellParts(places: places, again: "Mend what is said above, then run: dpkg --configure \(places.package)")
    }

    /// Where preinst leaves what the units were.
    private var formerUnits: String { "/run/\(places.package).units" }
    private var unitNames: String { units.map(\.name).joined(separator: " ") }
    private var unitFiles: String { units.map(\.file).joined(separator: " ") }

    /// Asked by nobody: the answer is there for those who set it before (debconf-devel(7)).
    private var config: String {
        """
        #!/bin/sh
        # At the lowest priority: only who asks for every question sees it.
        set -e
        . /usr/share/debconf/confmodule
        db_input low \(places.package)/purge-all || true
        db_go || true

        """
    }

    private var preinst: String {
        """
        #!/bin/sh
        # Notes what the units are, so that postinst knows whether they changed.
        set -e

        if [ "$1" = upgrade ] && [ -d /run/systemd/system ]; then
            cat \(unitFiles) 2>/dev/null >\(formerUnits) || true
        fi

        exit 0

        """
    }

    private var postinst: String {
        """
        #!/bin/sh
        # Makes the user, the folder of the state and the live tap, where they are missing; brings a tap that is there to
        # this version; starts the service.
        set -e
        . /usr/share/debconf/confmodule
        # Nothing is asked here; what is said is for people.
        db_stop

        case "$1" in
            configure | triggered | abort-upgrade | abort-remove | abort-deconfigure) ;;
            *)
                echo "\(places.package): postinst was called with '$1'. Let dpkg call it." >&2
                exit 64
                ;;
        esac

        \(parts.account)
        \(parts.words)\
        \(parts.group)
        \(parts.tap)
        # What changed in the units counts for a new process only.
        trial=
        if [ -e \(formerUnits) ] && ! cat \(unitFiles) 2>/dev/null | cmp -s - \(formerUnits); then
            trial=--trial
        fi
        if [ "$isNew" = no ]; then
            case "$1" in
                configure | triggered)
        \(parts.indented(parts.indented(parts.indented(parts.upgrade))))\
                    ;;
            esac
        fi

        \(start)
        rm -f \(formerUnits)
        exit 0

        """
    }

    /// What debhelper does for units that are enabled and started.
    private var start: String {
        let stopForSockets = units.contains { $0.name == places.socket }
        return """
            if command -v deb-systemd-helper >/dev/null; then
                for unit in \(unitNames); do
                    deb-systemd-helper unmask "$unit" >/dev/null || true
                    # Enabled when first installed. Later the administrator's decision stands.
                    if deb-systemd-helper --quiet was-enabled "$unit"; then
                        deb-systemd-helper enable "$unit" >/dev/null || true
                    else
                        deb-systemd-helper update-state "$unit" >/dev/null || true
                    fi
                done
            fi
            if [ -d /run/systemd/system ] && command -v deb-systemd-invoke >/dev/null; then
                systemctl --system daemon-reload >/dev/null || true
                if [ -n "$trial" ]; then
            \(stopForSockets ? "        # A socket can't be bound anew while the service holds it.\n        deb-systemd-invoke stop \(places.service) >/dev/null || true\n" : "")\
                    deb-systemd-invoke restart \(unitNames) >/dev/null || true
                else
                    deb-systemd-invoke start \(unitNames) >/dev/null || true
                fi
            fi
            """
    }

    private var prerm: String {
        """
        #!/bin/sh
        # Stops the service before its files go. An upgrade leaves it running: postinst hands it over to the new program.
        set -e

        if [ "$1" = remove ] && [ -d /run/systemd/system ] && command -v deb-systemd-invoke >/dev/null; then
            deb-systemd-invoke stop \(unitNames) >/dev/null || true
        fi

        exit 0

        """
    }

    private var postrm: String {
        """
        #!/bin/sh
        # Keeps the state when the package is removed. Purging keeps a final copy of the tap, and removes the rest.
        set -e

        state=\(places.state)
        tap=\(places.tap)

        if [ "$1" = remove ]; then
            if command -v deb-systemd-helper >/dev/null; then
                deb-systemd-helper mask \(unitNames) >/dev/null || true
            fi
            if [ -d /run/systemd/system ] && command -v deb-systemd-invoke >/dev/null; then
                systemctl --system daemon-reload >/dev/null || true
            fi
        fi

        if [ "$1" = purge ]; then
            if command -v deb-systemd-helper >/dev/null; then
                deb-systemd-helper purge \(unitNames) >/dev/null || true
                deb-systemd-helper unmask \(unitNames) >/dev/null || true
            fi
            # The answer is debconf's, which may be gone already; without it a copy is kept.
            keepsCopy=yes
            if [ -e /usr/share/debconf/confmodule ]; then
                . /usr/share/debconf/confmodule
                if db_get \(places.package)/purge-all && [ "$RET" = true ]; then
                    keepsCopy=no
                fi
                db_purge
            fi
        \(parts.indented(parts.purge))\
        fi

        exit 0

        """
    }
}
