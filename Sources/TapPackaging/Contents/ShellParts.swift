/// The parts of maintainer scripts that formats share: POSIX sh, no questions, good to be run again.
///
/// All words put into them were checked: no name in them means anything to a shell.
struct ShellParts {
    let places: InstancePlaces
    /// What to do when bringing the application to this version failed and its reason is mended.
    let again: String

    /// The words that the other parts use.
    var words: String {
        """
        user=\(places.account.user)
        state=\(places.state)
        tap=\(places.tap)
        description=\(places.description)

        # As the user of the service, so that nobody can lead root astray.
        as_service() {
            setpriv --reuid="$user" --regid="$group" --clear-groups "$@"
        }

        """
    }

    /// Makes user and group, where they are missing: by systemd where it is, for then nobody else does.
    var account: String { account(by: "systemd-sysusers \(places.package).conf") }

    /// Makes user and group, where they are missing, by a command that calls systemd-sysusers.
    func account(by command: String) -> String {
        let account = places.account
        guard account.userToMake != nil || account.groupToMake != nil else { return "" }
        var fallback = ""
        if let group = account.groupToMake {
            fallback += "getent group \(group) >/dev/null || groupadd --system \(group)\n"
        }
        if let user = account.userToMake {
            fallback += account.group == nil ? ownGroup(of: user) : ""
            fallback += """
                # shellcheck disable=SC2086 # Perhaps two words.
                getent passwd \(user) >/dev/null || useradd --system \(account.group.map { "--gid \($0)" } ?? "$own") \\
                    --no-create-home --home-dir \(places.state) --shell /usr/sbin/nologin \(user)

                """
        }
        return """
            if command -v systemd-sysusers >/dev/null; then
                \(command)
            else
            \(indented(fallback))fi

            """
    }

    /// A group of the user's name may be there without the user: useradd would refuse to make it.
    private func ownGroup(of user: String) -> String {
        """
        own=--user-group
        ! getent group \(user) >/dev/null || own='--gid \(user)'

        """
    }

    /// The group, when it is known only now.
    var group: String { "group=\(places.account.group ?? "$(id -gn \"$user\")")\n" }

    /// Makes the folder of the state and the live tap, where they are missing.
    var tap: String {
        """
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
        isNew=no
        if [ ! -e "$tap" ] && [ ! -L "$tap" ]; then
            isNew=yes
            initial=\(places.seedState)
            [ -e "$initial" ] || initial=
            (umask 077 && cd "$state" && as_service \(places.tool("mktap")) --from "$description" --output "$tap" \\
                ${initial:+--state "$initial"} >/dev/null)
        fi

        """
    }

    /// Brings a tap that is there to this version.
    ///
    /// The new program tries everything first: merging the description, migrating a copy. What runs is handed over to it
    /// without a pause, or goes on as before; what does not run is brought there where it lies. `$trial` is `--trial` when
    /// only to be tried.
    var upgrade: String {
        """
        if ! as_service \(places.tool("tapctl")) upgrade "$tap" --description "$description" \\
            --on-conflict running ${trial:+--trial}; then
            echo "\(places.package): the application is as it was, and goes on if it ran. \(again)" >&2
            exit 1
        fi

        """
    }

    /// Keeps a final copy of the tap, and removes everything else that the application left.
    var purge: String {
        """
        if [ -f "$tap" ] && [ "$keepsCopy" = yes ]; then
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
            echo "\(places.package): $state is removed. A final copy of its tap is $copy."
        fi
        if [ -f "$tap" ]; then
            rm -rf "$state"
        elif [ -d "$state" ] && ! rmdir "$state" 2>/dev/null; then
            echo "\(places.package): $state is left alone: it has no ${tap##*/}." >&2
        fi
        rm -rf /var/log/\(places.package)

        """
    }

    /// Every line that is not empty, four spaces further to the right.
    func indented(_ text: String) -> String {
        text.split(separator: "\n", omittingEmptySubsequences: false)
            .map { $0.isEmpty ? "" : "    " + $0 }.joined(separator: "\n")
    }
}
