import Taproom

/// The systemd unit of a packaged application: what it runs, and everything it may not do.
struct SystemdUnit {
    let places: InstancePlaces
    let request: PackageRequest

    var text: String {
        """
        [Unit]
        Description=\(escaped(request.summary))
        Documentation=man:tapd(8)
        Wants=network-online.target
        After=network-online.target
        # A tap that is gone is not to be made anew in silence: put a copy of it back, or install again.
        AssertPathExists=\(places.tap)
        \(lowPortSocket.map { "Requires=\($0)\nAfter=\($0)\n" } ?? "")\

        [Service]
        Type=notify
        # After an upgrade in flight another process is the service, and says so itself.
        NotifyAccess=all
        ExecStart=\(places.tool("tapd")) -y \(places.description) --tap \(places.tap) --on-conflict running
        # Waits until the description is in force, and says what is wrong with it.
        ExecReload=\(places.tool("tapctl")) reload \(places.tap)
        # Looking through a large tap after a crash, or bringing it to a new version, takes its time.
        TimeoutStartSec=10min
        # Only tapd is told to stop: it stops what it started, in order, and each service has a limit of its own.
        KillMode=mixed
        TimeoutStopSec=2min
        # tapd looks at its own health twice in this time.
        WatchdogSec=30
        Restart=on-failure
        RestartSec=1
        # What starting again does not mend: a wrong command line (64), a damaged or wrong tap (65), a missing file (66), a
        # file that can't be made (73), a missing permission (77), settings that this system can't fulfil (78).
        RestartPreventExitStatus=64 65 66 73 77 78
        # Where listening sockets are kept over a restart, so that no connection is refused meanwhile.
        FileDescriptorStoreMax=1024

        User=\(places.account.user)
        \(places.account.group.map { "Group=\($0)\n" } ?? "")\
        StateDirectory=\(places.package)
        StateDirectoryMode=0700
        # For services that write logs of their own; tapd's is the journal, which keeps and forgets by its own rules.
        LogsDirectory=\(places.package)
        LogsDirectoryMode=0750
        SyslogIdentifier=\(places.package)
        \(socketLines)\
        UMask=0077
        LimitNOFILE=65536

        \(privilegeLines)
        NoNewPrivileges=yes
        ProtectSystem=strict
        ProtectHome=\(readsHome ? "read-only" : "yes")
        PrivateTmp=yes
        PrivateDevices=yes
        PrivateMounts=yes
        ProtectProc=invisible
        ProcSubset=pid
        ProtectClock=yes
        ProtectControlGroups=yes
        ProtectHostname=yes
        ProtectKernelLogs=yes
        ProtectKernelModules=yes
        ProtectKernelTunables=yes
        LockPersonality=yes
        MemoryDenyWriteExecute=yes
        RemoveIPC=yes
        RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
        RestrictNamespaces=yes
        RestrictRealtime=yes
        # Not RestrictSUIDSGID: it takes openat2(2) away too, by which files are opened that lie in a folder and nowhere else.
        SystemCallArchitectures=native
        SystemCallErrorNumber=EPERM
        SystemCallFilter=@system-service
        SystemCallFilter=~@privileged @resources
        # The Swift runtime's threads set theirs, and complain when they can't.
        SystemCallFilter=setpriority

        [Install]
        WantedBy=multi-user.target

        """
    }

    private var lowPortSocket: String? { SocketUnit(places: places, request: request) == nil ? nil : places.socket }

    /// The capability for ports below 1024, where it is asked for; otherwise none at all, and a user namespace.
    ///
    /// In a user namespace the capability would not count for the network of the machine.
    private var privilegeLines: String {
        guard request.bindsLowPorts else {
            return "CapabilityBoundingSet=\nPrivateUsers=yes"
        }
        return "AmbientCapabilities=CAP_NET_BIND_SERVICE\nCapabilityBoundingSet=CAP_NET_BIND_SERVICE"
    }

    /// The folders of unix sockets: systemd makes our own below /run; others must be there, and are only made writable.
    private var socketLines: String {
        var lines: [String] = []
        for path in request.endpoints.compactMap(\.socketPath) {
            let folders = path.split(separator: "/").dropLast()
            let line: String
            if let folder = runtimeFolder(folders) {
                line = "RuntimeDirectory=\(quoted(folder))"
            } else {
                line = "ReadWritePaths=\(quoted("-/" + folders.joined(separator: "/")))"
            }
            if !lines.contains(line) { lines.append(line) }
        }
        return lines.map { $0 + "\n" }.joined()
    }

    /// The path below /run, if the folder bears our name there: systemd takes over what it makes, and removes it.
    private func runtimeFolder(_ folders: ArraySlice<Substring>) -> String? {
        let path = folders.first == "var" ? folders.dropFirst() : folders
        guard path.first == "run", let owner = path.dropFirst().first else { return nil }
        guard owner == places.package || owner == request.application.name else { return nil }
        return path.dropFirst().joined(separator: "/")
    }

    /// Whether a setting names a folder below /home or /root, which the service could not see otherwise.
    private var readsHome: Bool {
        request.description.contains("/home/") || request.description.contains("/root/")
    }

    /// A percent sign begins a specifier of systemd, and a backslash at the end continues the line.
    private func escaped(_ text: String) -> String {
        text.replacing("%", with: "%%").replacing("\\", with: "/")
    }

    private func quoted(_ word: String) -> String {
        let text = word.replacing("%", with: "%%").replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
        return text.contains(where: \.isWhitespace) || text != word ? "\"\(text)\"" : text
    }
}
