/// What the packages of all formats say about the terms of what is in them.
struct LicenseText {
    let request: PackageRequest

    /// The terms of the description and of what is included.
    var ofApplication: String {
        let site = !request.includes.isEmpty
        var text = """
            The package holds the description of the application\(site ? ", the files of its site" : "") \
            and files that were generated from it.
            """
        if request.license == nil {
            text += """
                 Ask the holder of the copyright for the terms on which you may use and pass on the description\
                \(site ? " and the site" : "").
                """
        }
        return text + " There are no terms for the generated files: use them as you like."
    }

    /// The terms of the program in a folder; nil: there is none in the package.
    func ofProgram(in folder: String) -> String? {
        guard case .bundled = request.runner else { return nil }
        return """
            The program in \(folder) contains Taproom and libraries of the Swift project: the Swift standard library, Swift \
            Argument Parser, Swift Atomics, Swift Collections, SwiftNIO, Swift Log, Swift Metrics, Swift Service \
            Lifecycle, Swift Async Algorithms and Swift System. Copyright 2014-2026 Apple Inc. and the authors of these \
            projects. License: Apache License, Version 2.0; the standard library has the Runtime Library Exception.
            """
    }
}
