import Logging
import TapConfig
import TapLog
import Taproom

extension Tapd.Arguments: PlainCommand {
    static var none: Self {
        var options = Self()
        options.source = .none
        options.saving = .none
        options.process = .none
        options.log = .none
        options.kind = []
        return options
    }

    mutating func take(_ option: String, _ words: inout PlainWords) -> Bool {
        source.take(option, &words) || process.take(option, &words) || log.take(option, &words)
            || saving.take(option, &words)
    }

    mutating func validate() throws { try log.validate() }
}

extension Tapd.SourceOptions: PlainOptions {
    static var none: Self {
        var options = Self()
        (options.file, options.description, options.tap, options.snapshot) = (nil, nil, nil, nil)
        (options.state, options.onConflict) = (nil, nil)
        (options.quarantine, options.encrypted) = (false, false)
        options.passphrase = .none
        return options
    }

    mutating func take(_ option: String, _ words: inout PlainWords) -> Bool {
        switch option {
        case "-f", "--file": words.take(&file)
        case "-y", "--description": words.take(&description)
        case "--tap": words.take(&tap)
        case "--state": words.take(&state)
        case "--on-conflict": words.take(&onConflict, Merge.Side.init(rawValue:))
        case "--snapshot": words.take(&snapshot)
        case "--quarantine": TapCommands.take(&quarantine)
        case "-e", "--encrypted": TapCommands.take(&encrypted)
        default: passphrase.take(option, &words)
        }
    }
}

extension Tapd.SavingOptions: PlainOptions {
    static var none: Self {
        var options = Self()
        options.noSave = false
        options.saveEvery = nil
        return options
    }

    mutating func take(_ option: String, _ words: inout PlainWords) -> Bool {
        switch option {
        case "-o", "--no-save": TapCommands.take(&noSave)
        case "--save-every": words.take(&saveEvery, Self.interval)
        default: false
        }
    }
}

extension Tapd.ProcessOptions: PlainOptions {
    static var none: Self {
        var options = Self()
        (options.daemon, options.nodaemon, options.euid, options.helpReactors) = (false, false, false, false)
        (options.pidfile, options.rundir, options.chroot, options.controlGroup) = (nil, nil, nil, nil)
        options.control = []
        (options.uid, options.gid) = (nil, nil)
        options.umask = nil
        options.reactor = "default"
        return options
    }

    mutating func take(_ option: String, _ words: inout PlainWords) -> Bool {
        switch option {
        case "-D", "--daemon": TapCommands.take(&daemon)
        case "-n", "--nodaemon": TapCommands.take(&nodaemon)
        case "--pidfile": words.take(&pidfile)
        case "-d", "--rundir": words.take(&rundir)
        case "--chroot": words.take(&chroot)
        case "--umask": words.take(&umask, Self.mask)
        case "-u", "--uid": words.take(&uid)
        case "-g", "--gid": words.take(&gid)
        case "--euid": TapCommands.take(&euid)
        case "--control": words.append(to: &control)
        case "--control-group": words.take(&controlGroup)
        case "-r", "--reactor": words.take(&reactor, Self.reactor)
        case "--help-reactors": TapCommands.take(&helpReactors)
        default: false
        }
    }
}

extension LogOptions: PlainOptions {
    static var none: Self {
        var options = Self()
        let rotation = LogRotation()
        options.logfile = nil
        (options.logFormat, options.logLevel) = (.text, .notice)
        (options.logSize, options.logKeep) = (rotation.size, rotation.keep)
        options.syslog = false
        options.prefix = "tapd"
        return options
    }

    mutating func take(_ option: String, _ words: inout PlainWords) -> Bool {
        switch option {
        case "-l", "--logfile": words.take(&logfile)
        case "--log-format": words.take(&logFormat, LogConfiguration.Format.init(rawValue:))
        case "--log-level": words.take(&logLevel, Self.level)
        case "--log-size": words.take(&logSize, Self.size)
        case "--log-keep": words.take(&logKeep, Self.count)
        case "--syslog": TapCommands.take(&syslog)
        case "--prefix": words.take(&prefix) { $0 }
        default: false
        }
    }
}
