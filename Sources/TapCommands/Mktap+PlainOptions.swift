extension Mktap.Arguments: PlainCommand {
    static var none: Self {
        var options = Self()
        (options.uid, options.gid, options.appname) = (nil, nil, nil)
        (options.append, options.output, options.from, options.state) = (nil, nil, nil, nil)
        options.type = .tap
        (options.encrypted, options.force, options.list, options.json) = (false, false, false, false)
        options.passphrase = .none
        options.kind = []
        return options
    }

    mutating func take(_ option: String, _ words: inout PlainWords) -> Bool {
        switch option {
        case "-u", "--uid": words.take(&uid)
        case "-g", "--gid": words.take(&gid)
        case "-n", "--appname": words.take(&appname)
        case "-a", "--append": words.take(&append)
        case "-o", "--output": words.take(&output)
        case "-t", "--type": words.take(&type, Mktap.Format.init(rawValue:))
        case "--from": words.take(&from)
        case "--state": words.take(&state)
        case "-e", "--encrypted": TapCommands.take(&encrypted)
        case "--force": TapCommands.take(&force)
        case "--list": TapCommands.take(&list)
        case "--json": TapCommands.take(&json)
        default: passphrase.take(option, &words)
        }
    }
}

extension PassphraseOptions: PlainOptions {
    static var none: Self {
        var options = Self()
        options.passphraseFile = nil
        return options
    }

    mutating func take(_ option: String, _ words: inout PlainWords) -> Bool {
        option == "--passphrase-file" && words.take(&passphraseFile)
    }
}
