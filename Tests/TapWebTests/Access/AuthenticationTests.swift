import Dispatch
import Glibc
import Logging
import NIOCore
import NIOPosix
import TapData
import TapSecrets
import TapTesting
import Taproom
import Testing

@testable import TapWeb

/// The line that a name and a password make.
func basic(_ user: String, _ password: String) -> String {
    "Authorization: Basic \(Base64.encode(Array("\(user):\(password)".utf8)))"
}

/// Settings with one user, `ada`, whose password is `secret`.
func adaOnly() throws -> AuthenticationSettings {
    var settings = AuthenticationSettings()
    settings.users = ["ada": try UserPassword(hash: quickHash)]
    return settings
}

@Suite(.timeLimit(.minutes(2)))
struct AuthenticationTests {
    private let loop = MultiThreadedEventLoopGroup.singleton.next()
    private let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    private func lines(_ line: String...) -> FieldLines {
        FieldLines(checked: ByteBuffer(string: (line + [""]).joined(separator: "\r\n")))
    }

    private func isUnchecked(_ finding: Authentication.Finding) -> Bool {
        if case .unchecked = finding { true } else { false }
    }

    private func isKnown(_ finding: Authentication.Finding) -> Bool {
        if case .known("ada") = finding { true } else { false }
    }

    /// Has a password checked as a request does.
    private func verdict(_ authentication: Authentication, _ line: String) async throws -> KnownUsers.Verdict {
        guard case .unchecked(let credentials, let digest) = authentication.look(lines(line)) else { return .refused }
        return try await authentication.check(credentials, digest, on: loop).get()
    }

    @Test(arguments: [
        "Authorization: Basic", "Authorization: Basic ", "Authorization: Bearer YWRhOnNlY3JldA==",
        "Authorization: Basic  ",
        "Authorization: BasicYWRhOnNlY3JldA==", "Authorization: Basic YWRhOnNlY3JldA",
        "Authorization: Basic YWRhOnNlY3JldA===",
        "Authorization: Basic YWRhOnNlY3JldA== x", "Authorization: Basic !!!!", "Authorization: Basic YWRh",
        basic("", "secret"), basic("ada", "sec\0ret"), basic("a\u{7F}", "secret"), basic("ada", "sec\nret"),
        "Authorization: Basic \(Base64.encode([0x61, 0x3A, 0xFF]))", "X-Authorization: Basic YWRhOnNlY3JldA==",
        basic("ada", String(repeating: "x", count: 12_000)), "Authorization: YWRhOnNlY3JldA==",
    ])
    func refusesWhatCannotBeRight(line: String) throws {
        let authentication = try Authentication(adaOnly(), logger: logger)
        guard case .refused = authentication.look(lines(line)) else {
            Issue.record("\(line) was not refused at once")
            return
        }
    }

    @Test func refusesRequestsThatAuthorizeThemselvesTwice() throws {
        let authentication = try Authentication(adaOnly(), logger: logger)
        let right = basic("ada", "secret")
        #expect(!isUnchecked(authentication.look(lines(right, right))))
        #expect(!isUnchecked(authentication.look(lines("authorization: x", right))))
        #expect(isUnchecked(authentication.look(lines(right))))
    }

    @Test func knowsWhoWasRightForAMinute() async throws {
        let authentication = try Authentication(adaOnly(), logger: logger)
        let right = basic("ada", "secret")
        #expect(try await verdict(authentication, right) == .known(user: "ada"))
        #expect(isKnown(authentication.look(lines(right))))
        #expect(
            isKnown(authentication.look(lines(right.replacing("Authorization: Basic", with: "AUTHORIZATION: bAsIc  "))))
        )
        #expect(isUnchecked(authentication.look(lines(right), now: .now + .seconds(61))))
        for wrong in [basic("ada", "Secret"), basic("Ada", "secret"), basic("ada", ""), basic("ada", "secret:")] {
            #expect(try await verdict(authentication, wrong) == .refused)
            #expect(isUnchecked(authentication.look(lines(wrong))), "who is wrong is not remembered")
        }
    }

    @Test func unknownUsersCostAsMuchAsKnownOnes() throws {
        let asked = try UserTable(["ada": UserPassword(hash: quickHash)])
        for name in ["ada", "nobody"] {
            var (start, end) = (timespec(), timespec())
            clock_gettime(CLOCK_THREAD_CPUTIME_ID, &start)
            #expect(asked.user(named: name, password: "x") == nil)
            clock_gettime(CLOCK_THREAD_CPUTIME_ID, &end)
            let nanoseconds = (end.tv_sec - start.tv_sec) * 1_000_000_000 + end.tv_nsec - start.tv_nsec
            #expect(nanoseconds > 100_000, "16 rounds of bcrypt for \(name)")
        }
    }

    @Test func whoSendsTheSameAtOnceWaitsForOneCheckAndTooManyAreTurnedAway() async throws {
        let threads = PasswordThreads(count: 1, waiting: 1)
        let gate = DispatchSemaphore(value: 0)
        #expect(threads.submit { gate.wait() })
        let authentication = try Authentication(adaOnly(), logger: logger, threads: threads)
        func check(_ line: String) throws -> EventLoopFuture<KnownUsers.Verdict> {
            guard case .unchecked(let credentials, let digest) = authentication.look(lines(line)) else {
                throw TestFailure("\(line) is not to be checked")
            }
            return authentication.check(credentials, digest, on: loop)
        }
        let right = try (0..<100).map { _ in try check(basic("ada", "secret")) }
        let other = try check(basic("ada", "other"))
        #expect(try await other.get() == .busy)
        gate.signal()
        for future in right { #expect(try await future.get() == .known(user: "ada")) }
        #expect(try await verdict(authentication, basic("ada", "other")) == .refused)
    }

    @Test func remembersABoundedNumberOfUsers() {
        var remembered = RememberedUsers(atMost: 100)
        let key = KeyedDigest()
        let digests = (0..<10_000).map { number in withUnsafeBytes(of: number) { key.value(of: $0) } }
        for digest in digests {
            remembered.insert("x", for: digest, now: .now)
            #expect(remembered.count <= 100)
        }
        #expect(remembered.user(digests[9_999], now: .now) == "x")
        #expect(remembered.user(digests[0], now: .now) == nil)
    }

    @Test func followsItsFile() async throws {
        let folder = try TemporaryFolder()
        try folder.write("ada:\(quickHash)\n", to: "users")
        var settings = AuthenticationSettings()
        settings.file = LocalPath(folder["users"])
        let log = RecordedLog()
        let authentication = try Authentication(settings, logger: log.logger)
        let right = basic("ada", "secret")
        #expect(try await verdict(authentication, right) == .known(user: "ada"))
        var now = ContinuousClock.now + .seconds(2)
        #expect(isKnown(authentication.look(lines(right), now: now)))
        for (text, isThere) in [
            ("ada:nonsense", true), ("", false), ("bob:\(quickHash)", false), ("ada:\(quickHash)", true),
        ] {
            try folder.write(text, to: "new")
            rename(folder["new"], folder["users"])
            now = now + .seconds(2)
            let finding = authentication.look(lines(right), now: now)
            if text == "ada:nonsense" {
                #expect(isKnown(finding))
                continue
            }
            #expect(isUnchecked(finding))
            #expect(try await verdict(authentication, right) == (isThere ? .known(user: "ada") : .refused))
        }
        unlink(folder["users"])
        #expect(isKnown(authentication.look(lines(right), now: now + .seconds(2))))
        #expect(log.text.split(separator: "\n").count { $0.contains("the old one stays") } == 2)
    }
}
