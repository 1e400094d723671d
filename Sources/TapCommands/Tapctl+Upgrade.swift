import ArgumentParser
import Glibc
import TapConfig
import TapControl
import TapFile
import TapRunner
import Taproom

extension Tapctl {
    struct Upgrade: Verb {
        static let configuration = CommandConfiguration(
            abstract: "Have the program that is installed now take over an application, without a pause.",
            usage: "tapctl upgrade [TAP] [--description FILE] [--trial]",
            discussion: """
                A running application is handed over to the program it was started as, and goes on as before when that \
                fails. A tap that does not run is brought to what this program would run: merged with the description \
                and migrated, as a start does it, after a snapshot.
                """)
        @OptionGroup var target: Target
        @Option(
            name: [.customShort("y"), .long],
            help: ArgumentHelp(
                "The description that a tap that does not run is merged with; a running one knows its own.",
                valueName: "file"))
        var description: String?
        @Option(
            name: .long, help: ArgumentHelp("Whose word counts where both changed: file or running.", valueName: "side")
        )
        var onConflict: Merge.Side?
        @Flag(name: .long, help: "Only try it, on a copy.")
        var trial = false

        func perform(_ invocation: Invocation) throws -> ExitStatus {
            let tap = try target.resolve(atMost: 0, invocation).tap
            if invocation.inside != nil, trial || description != nil {
                try invocation.checkOutside("upgrade --\(trial ? "trial" : "description")")
            }
            if trial { return try rehearse(tap, invocation) }
            let authorship = invocation.authorship()
            if invocation.inside != nil {
                return try report(
                    target.with(tap, invocation) { try await $0.upgrade(by: authorship) }, tap, invocation)
            }
            let control = target.control ?? ControlSocket.path(forTap: tap)
            guard let running = try RemoteApplication(socket: control) else {
                return try report(bringUp(tap, called: tap, invocation), "\(tap): ", invocation)
            }
            return try report(Blocking.run { try await running.upgrade(by: authorship) }, tap, invocation)
        }

        private func report(_ upgraded: Upgraded, _ tap: String, _ invocation: Invocation) throws -> ExitStatus {
            try target.report(upgraded, "\(tap): runs in process \(upgraded.process) now\n", invocation)
        }

        /// Brings a copy there, and throws it away.
        private func rehearse(_ tap: String, _ invocation: Invocation) throws -> ExitStatus {
            let copy = "\(tap).trial-\(getpid())"
            let passphrase = try target.passphrase.opening(tap)
            try target.with(tap, invocation) { try await $0.save() }
            try Tap.backUp(tap, to: copy, passphrase: passphrase)
            defer { unlink(copy) }
            return try report(bringUp(copy, called: tap, invocation), "\(tap), tried on a copy: ", invocation)
        }

        private func bringUp(_ tap: String, called name: String, _ invocation: Invocation) throws -> Int? {
            let passphrase = try target.passphrase.opening(tap)
            let description = description.map {
                DescriptionSource(file: $0, favoring: onConflict, target.passphrase, invocation)
            }
            let brought = try TapStart(RunnerConfiguration(kinds: invocation.kinds)).bringUp(
                TapSource(.file(tap, passphrase: passphrase), description: description))
            if var overruled = brought.overruled, let onConflict {
                overruled.tap = name
                invocation.warn(
                    overruled.description.split(separator: "\n").map { "\($0): \(onConflict.rawValue) is taken" })
            }
            return brought.revision
        }

        private func report(_ revision: Int?, _ tap: String, _ invocation: Invocation) throws -> ExitStatus {
            struct Brought: Encodable {
                var revision: Int?
            }
            let text = revision.map { "revision \($0)" } ?? "nothing to do"
            return try target.report(Brought(revision: revision), "\(tap)\(text)\n", invocation)
        }
    }
}
