import Taproom

/// An rpm of an application as a value: every file with its content, and nothing on a disk yet.
package struct RPMPackage: PackageFormat {
    package let files: [PackageFile]
    package let controlFolder = "RPM"
    let scriptlets: RPMScriptlets
    private let request: PackageRequest
    private let version: RPMVersion
    private let places: InstancePlaces
    private let documents: RPMDocuments

    /// Makes the package of an application.
    ///
    /// Throws ``PackagingError/invalid(_:)`` with all mistakes at once.
    package init(_ request: PackageRequest) throws {
        let problems = request.problems + request.problemsOfRPM
        guard problems.isEmpty, let version = RPMVersion(request.version) else {
            throw PackagingError.invalid(problems)
        }
        self.request = request
        self.version = version
        // Where SELinux lets systemd start programs.
        places = InstancePlaces(request, bundleFolder: "/usr/libexec")
        documents = RPMDocuments(places: places, request: request, version: version)
        let instance = try InstanceFiles(places: places, request: request, unitFolder: Self.unitFolder).all()
        files =
            instance + [
                PackageFile(places.documentation + "/README", text: documents.readme),
                PackageFile(places.license + "/LICENSE", text: documents.license),
            ]
        let units = instance.map(\.path).filter { $0.hasPrefix(Self.unitFolder + "/") }.map { path in
            (name: String(path.dropFirst(Self.unitFolder.count + 1)), file: path)
        }
        scriptlets = RPMScriptlets(places: places, request: request, units: units)
    }

    private static let unitFolder = "/usr/lib/systemd/system"

    package var fileName: String { treeName + ".rpm" }
    package var treeName: String { "\(request.name)-\(version.withoutEpoch).\(architecture.rpmName)" }

    package func installation(of path: String) -> String {
        // dnf and zypper take a name for a file when there is a slash in it. No distribution starts services by itself.
        "dnf install \(path.contains("/") ? path : "./" + path) && systemctl enable --now \(places.unit)"
    }

    private var architecture: PackageArchitecture {
        if case .bundled(let program) = request.runner { program.architecture } else { .all }
    }

    package func pack(_ tree: PackageTree, into output: OutputFile) throws {
        let folders = RPMFolders(places: places, files: files)
        let isLarge = try files.contains { try $0.size > Int(UInt32.max) }
        let compression = try request.compression ?? .suiting(size: files.size)
        let laid = try tree.lay(files, digest: SHA256.self)
        let payload = try RPMPayload(output.companion(), compression) { sink in
            let archive = CpioStream(date: request.date, isLarge: isLarge, takes: folders.has, into: sink)
            for file in laid { try archive.add(file) }
            try archive.finish()
        }
        let list = RPMFileList(
            files: laid.filter(folders.has), places: places, date: request.date, isLarge: isLarge)
        let relations = RPMRelations(
            places: places, request: request, version: version, compression: compression, isLarge: isLarge)
        _ = try tree.layControl(controlFiles(list, relations))
        var header = header(list, relations)
        header[.payloadCompressor] = .string(compression.rawValue)
        header[.payloadFlags] = .string("\(compression.level)")
        header[.payloadDigest] = .strings([payload.digest.hexadecimal])
        header[.uncompressedPayloadDigest] = .strings([payload.plainDigest.hexadecimal])
        let writer = RPMWriter(
            output: output, name: "\(request.name)-\(version.withoutEpoch)", architecture: architecture)
        try writer.write(header, payload)
    }

    /// The header and the scripts as people read them, with paths in the folder RPM.
    private func controlFiles(_ list: RPMFileList, _ relations: RPMRelations) -> [PackageFile] {
        let header = documents.headerText(list, relations, architecture: architecture)
        let scripts = [
            ("pre", scriptlets.pre), ("post", scriptlets.post), ("preun", scriptlets.preun),
            ("postun", scriptlets.postun), ("triggerin", scriptlets.triggerIn),
        ]
        return [PackageFile("/header", text: header)]
            + scripts.compactMap { name, text in text.map { PackageFile("/" + name, text: $0) } }
    }

    private func header(_ list: RPMFileList, _ relations: RPMRelations) -> RPMHeader {
        var header = RPMHeader(region: .headerRegion)
        addIdentity(to: &header)
        addScripts(to: &header, relations)
        list.add(to: &header)
        header.set(relations.provides, .provideNames, .provideFlags, .provideVersions)
        header.set(relations.requires, .requireNames, .requireFlags, .requireVersions)
        header.set(relations.order, .orderNames, .orderFlags, .orderVersions)
        header[.payloadFormat] = .string("cpio")
        header[.payloadDigestAlgorithm] = .int32([RPMHeader.sha256])
        return header
    }

    private func addIdentity(to header: inout RPMHeader) {
        header[.translations] = .strings(["C"])
        header[.encoding] = .string("utf-8")
        header[.name] = .string(request.name)
        if let epoch = version.epoch { header[.epoch] = .int32([epoch]) }
        header[.version] = .string(version.version)
        header[.release] = .string(version.release)
        header[.summary] = .translated(request.summary)
        header[.description] = .translated(documents.description)
        header[.buildTime] = .int32([UInt32(request.date)])
        // As openSUSE and Fedora write it, so that equal packages are equal wherever they are made.
        header[.buildHost] = .string("reproducible")
        header[.license] = .string(documents.licenseName)
        header[.packager] = .string(request.maintainer)
        header[.group] = .translated(request.section)
        if let homepage = request.homepage { header[.url] = .string(homepage) }
        header[.system] = .string("linux")
        header[.architecture] = .string(architecture.rpmName)
        // What has none is taken for a source package itself.
        header[.sourcePackage] = .string("\(request.name)-\(version.withoutEpoch).src.rpm")
        let change = documents.change
        header[.changelogTimes] = .int32([UInt32(request.date)])
        header[.changelogNames] = .strings([change.author])
        header[.changelogTexts] = .strings([change.text])
    }

    private func addScripts(to header: inout RPMHeader, _ relations: RPMRelations) {
        let shell = "/bin/sh"
        let scripts: [(RPMTag, RPMTag, String)] = [
            (.pre, .preProgram, scriptlets.pre), (.post, .postProgram, scriptlets.post),
            (.preun, .preunProgram, scriptlets.preun), (.postun, .postunProgram, scriptlets.postun),
        ]
        for (tag, program, text) in scripts {
            header[tag] = .string(text)
            header[program] = .string(shell)
        }
        guard let trigger = scriptlets.triggerIn else { return }
        header[.triggerScripts] = .strings([trigger])
        header[.triggerPrograms] = .strings([shell])
        header[.triggerIndexes] = .int32([0])
        header.set(relations.triggers, .triggerNames, .triggerFlags, .triggerVersions)
    }
}

extension PackageRequest {
    /// What is wrong with the request only for an rpm.
    fileprivate var problemsOfRPM: [PackageProblem] {
        var problems: [PackageProblem] = []
        if Self.isVersion(version), RPMVersion(version) == nil { problems.append(.versionOfRPM(version)) }
        for word in depends where Self.isLine(word) && RPMDependency.list(word) == nil {
            problems.append(.dependsOfRPM(word))
        }
        if (0...Self.latestDate).contains(date), UInt32(exactly: date) == nil { problems.append(.dateOfRPM(date)) }
        return problems
    }
}

extension RPMHeader {
    fileprivate mutating func set(
        _ dependencies: [RPMDependency], _ names: RPMTag, _ senses: RPMTag, _ versions: RPMTag
    ) {
        self[names] = .strings(dependencies.map(\.name))
        self[senses] = .int32(dependencies.map(\.sense.rawValue))
        self[versions] = .strings(dependencies.map(\.version))
    }
}
