@testable import TapPackaging
import Taproom
import Testing

/// What the unit of a package says to systemd.
@Suite struct SystemdUnitTests {
    private func unit() throws -> String {
        try #require(try DebianPackage(request()).text("/lib/systemd/system/taproom-web.service"))
    }

    private func value(of key: String) throws -> String? {
        try unit().split(separator: "\n").first { $0.hasPrefix(key + "=") }.map { String($0.dropFirst(key.count + 1)) }
    }

    /// Debian 12 has systemd 252, which does not know `notify-reload`.
    @Test func tapdTellsWhenItServesAndThatItIsWell() throws {
        #expect(try value(of: "Type") == "notify")
        #expect(try value(of: "NotifyAccess") == "all")
        #expect(try value(of: "WatchdogSec") == "30")
        #expect(try value(of: "FileDescriptorStoreMax") == "1024")
        #expect(try value(of: "KillMode") == "mixed")
    }

    @Test func aTapThatIsGoneIsNotMadeAnewInSilence() throws {
        #expect(try value(of: "AssertPathExists") == "/var/lib/taproom-web/web.tap")
    }

    @Test func isStartedAgainUnlessThatCannotHelp() throws {
        #expect(try value(of: "Restart") == "on-failure")
        #expect(try value(of: "RestartPreventExitStatus") == "64 65 66 73 77 78")
    }

    @Test func runsTheDescriptionInEtcByWayOfTheTap() throws {
        #expect(
            try value(of: "ExecStart")
                == "/usr/bin/tapd -y /etc/taproom-web/web.yaml --tap /var/lib/taproom-web/web.tap --on-conflict running"
        )
        #expect(try value(of: "ExecReload") == "/usr/bin/tapctl reload /var/lib/taproom-web/web.tap")
    }

    @Test func aSocketOfSystemdsNeedsNoRights() throws {
        let package = try DebianPackage(request(endpoints: [.init(.systemd(name: "web"))]))
        let unit = try #require(try package.text("/lib/systemd/system/taproom-web.service"))
        #expect(unit.contains("\nCapabilityBoundingSet=\n") && !unit.contains("RuntimeDirectory"))
    }
}
