import Taproom

/// The scripts that dpkg runs around an instance: POSIX sh, no questions, good to be run again.
///
/// All words put into them were checked: no name in them means anything to a shell.
struct MaintainerScripts {
    let places: InstancePlaces

    var all: [PackageFile] {
        [("postinst", postinst), ("postrm", postrm), ("prerm", prerm)].map { name, text in
            PackageFile("/DEBIAN/" + name, mode: 0o755, text: text)
        }
    }

    private var postinst: String {
        """
        #!/bin/sh
        # Makes the user, the folder of the state and the live tap, where they are missing, and starts the service.
        set -e

        case "$1" in
            configure | abort-upgrade | abort-remove | abort-deconfigure) ;;
            *)
                echo "\(places.package): postinst was called with '$1'. Let dpkg call it." >&2
                exit 64
                ;;
        esac

        \(accounts)\
        user=\(places.account.user)
        group=\(places.account.group ?? "$(id -gn \"$user\")")
        state=\(places.state)
        tap=\(places.tap)

        # A folder without the tap is somebody else's, or has lost it: neither is to be taken over in silence.
        if [ ! -d "$state" ]; then
            mkdir -m 0700 "$state"
        elif [ ! -e "$tap" ] && [ ! -L "$tap" ] && [ -n "$(ls -A "$state")" ]; then
            echo "\(places.package): $state holds files, but no ${tap##*/}. Put the tap back, or move the files away." >&2
            exit 73
        fi
        chmod 0700 "$state"
        # Links in it are not followed: what is in it belongs to the service, not to root.
        chown "$user:$group" "$state"
        if [ -n "$(find "$state/." ! -user "$user" -o ! -group "$group")" ]; then
            chown -hR "$user:$group" "$state/."
        fi

        # A live tap is never touched. mktap runs as the user of the service, so that nobody can lead root astray.
        if [ ! -e "$tap" ] && [ ! -L "$tap" ]; then
            (
                umask 077
                cd "$state"
                setpriv --reuid="$user" --regid="$group" --clear-groups \\
                    /usr/bin/mktap --from \(places.seed) --output "$tap" >/dev/null
            )
        fi

        \(start)
        exit 0

        """
    }

    private var accounts: String {
        var text = ""
        if let group = places.account.groupToMake {
            text += """
                if ! getent group \(group) >/dev/null; then
                    groupadd --system \(group)
                fi

                """
        }
        if let user = places.account.userToMake {
            let ownGroup = places.account.groupToMake.map { "--gid \($0)" } ?? "$own"
            text += """
                if ! getent passwd \(user) >/dev/null; then
                    \(places.account.groupToMake == nil ? ownGroupLines(of: user) : "")\
                useradd --system \(ownGroup) --no-create-home --home-dir /nonexistent \\
                        --shell /usr/sbin/nologin \(user)
                fi

                """
        }
        return text.isEmpty ? "" : text + "\n"
    }

    /// A group of the user's name may be there without the user: useradd would refuse to make it.
    private func ownGroupLines(of user: String) -> String {
        """
        own=--user-group
            if getent group \(user) >/dev/null; then
                own='--gid \(user)'
            fi
            # shellcheck disable=SC2086 # Two words.

        """ + "    "
    }

    /// What debhelper does for a unit that is enabled and started.
    private var start: String {
        """
        if command -v deb-systemd-helper >/dev/null; then
            deb-systemd-helper unmask \(places.unit) >/dev/null || true
            # Enabled when first installed. Later the administrator's decision stands.
            if deb-systemd-helper --quiet was-enabled \(places.unit); then
                deb-systemd-helper enable \(places.unit) >/dev/null || true
            else
                deb-systemd-helper update-state \(places.unit) >/dev/null || true
            fi
        fi
        if [ -d /run/systemd/system ] && command -v deb-systemd-invoke >/dev/null; then
            deb-systemd-invoke daemon-reload >/dev/null || true
            if [ -n "$2" ]; then
                action=restart
            else
                action=start
            fi
            deb-systemd-invoke "$action" \(places.unit) >/dev/null || true
        fi

        """
    }

    private var prerm: String {
        """
        #!/bin/sh
        # Stops the service before its files go. An upgrade restarts it afterwards instead.
        set -e

        if [ "$1" = remove ] && [ -d /run/systemd/system ] && command -v deb-systemd-invoke >/dev/null; then
            deb-systemd-invoke stop \(places.unit) >/dev/null || true
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
                deb-systemd-helper mask \(places.unit) >/dev/null || true
            fi
            if [ -d /run/systemd/system ] && command -v deb-systemd-invoke >/dev/null; then
                deb-systemd-invoke daemon-reload >/dev/null || true
            fi
        fi

        if [ "$1" = purge ]; then
            if command -v deb-systemd-helper >/dev/null; then
                deb-systemd-helper purge \(places.unit) >/dev/null || true
                deb-systemd-helper unmask \(places.unit) >/dev/null || true
            fi
            if [ -f "$tap" ]; then
                umask 077
                mkdir -p /var/backups
                copy=/var/backups/\(places.package)-$(date -u +%Y%m%dT%H%M%SZ).tap
                cp "$tap" "$copy"
                # Only a tap that was not closed has one; without it the last changes would be lost.
                if [ -f "$tap-wal" ]; then
                    cp "$tap-wal" "$copy-wal"
                    sync "$copy-wal"
                fi
                sync "$copy" /var/backups
                rm -rf "$state"
                echo "\(places.package): $state is removed. A final copy of its tap is $copy."
            elif [ -d "$state" ] && ! rmdir "$state" 2>/dev/null; then
                echo "\(places.package): $state is left alone: it has no ${tap##*/}." >&2
            fi
        fi

        exit 0

        """
    }
}
