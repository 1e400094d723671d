import ArgumentParser
import Testing

@testable import TapCommands

/// Command lines that are read without ArgumentParser mean what they mean with it.
struct PlainOptionsTests {
    private func isSame<Arguments: PlainCommand & ParsableCommand>(
        _ type: Arguments.Type, _ words: [String]
    ) throws -> Bool {
        let plain = try #require(Arguments.plain(words))
        return try "\(plain)" == "\(Arguments.parse(words))"
    }

    @Test(arguments: [
        "", "-f a.tap", "--file a.tap", "--file=a.tap", "-y a.yaml", "--description a.yaml --tap b.tap",
        "-y a.yaml --on-conflict running", "-f a.tap --snapshot 3", "--quarantine -f a.tap", "-e -f a.tap",
        "--encrypted -f a.tap", "--passphrase-file=key -f a.tap", "-o -f a.tap", "--no-save -f a.tap",
        "--save-every 5m -f a.tap", "-D -f a.tap", "--daemon -f a.tap", "-n -f a.tap", "--nodaemon -f a.tap",
        "--pidfile a.pid", "-d /srv", "--rundir=/srv", "--chroot /srv", "--umask 027", "-u nobody", "--uid nobody",
        "-g nogroup", "--gid nogroup", "--euid", "--control a.sock",
        "--control a.sock --control tcp:1:interface=127.0.0.1", "--control-group staff", "-r epoll",
        "--reactor default",
        "--help-reactors", "-l a.log", "--logfile -", "-l -", "--log-format json", "--log-level debug",
        "--log-size 1GB", "--log-size 0", "--log-keep 0", "--syslog --prefix a", "web", "web --static . -f a.tap",
        "-n web --help", "-f a.tap -f b.tap", "-f a.tap -n -l - -o --save-every 1h -u nobody",
        "--prefix=a=b web", "web -- a",
    ])
    func tapdReadsTheSameEitherWay(_ line: String) throws {
        #expect(try isSame(Tapd.Arguments.self, line.split(separator: " ").map(String.init)))
    }

    @Test(arguments: [
        "", "web", "-u nobody web", "--uid nobody web", "-g nogroup web", "--gid=nogroup web", "-n site web",
        "--appname site web", "-a a.tap web", "--append a.tap web --listing", "-o a.tap web", "--output - web",
        "-t yaml web", "--type json web", "--from a.yaml", "--from -",
        "--from a.yaml --state a.state", "--state=-", "-e web", "--encrypted web",
        "--passphrase-file key web", "--force web", "--list",
    ])
    func mktapReadsTheSameEitherWay(_ line: String) throws {
        #expect(try isSame(Mktap.Arguments.self, line.split(separator: " ").map(String.init)))
    }

    @Test(arguments: [
        ["-f"], ["--file"], ["-f", "-n"], ["-f", ""], ["--file="], ["-f=a.tap"], ["-Dn"], ["--no-such"], ["--"], ["-"],
        ["-h"], ["-f", "a.tap", "--help"], ["--version"], ["--daemon=yes"], ["--umask", "8"], ["--log-level", "eror"],
        ["--on-conflict", "both"], ["--log-keep", "1001"], ["-l", "a.log", "--syslog"], [""], ["-q", "web"],
        ["--generate-completion-script", "bash"], ["---completion"],
    ])
    func whatIsNotPlainIsLeftToArgumentParser(_ words: [String]) {
        let isRead = Tapd.Arguments.plain(words) != nil
        #expect(!isRead)
    }
}
