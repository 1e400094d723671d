import ArgumentParser
import TapTesting
import Taproom
import Testing

@testable import TapInetd

/// As Debian's openbsd-inetd and others install it, with lines of their kind.
private let sample = """
    # /etc/inetd.conf:  see inetd(8) for further informations.
    #<off># netbios-ssn  stream  tcp  nowait  root  /usr/sbin/tcpd  /usr/sbin/smbd

    #:INTERNAL: Internal services
    discard\t\tstream\ttcp\tnowait\troot\tinternal
    daytime\t\tdgram\tudp\twait\troot\tinternal

    telnet  stream  tcp     nowait  telnetd /usr/sbin/tcpd  /usr/sbin/in.telnetd
    ftp     stream  tcp6    nowait.60  root:ftp    /usr/sbin/in.ftpd in.ftpd -l -a
    tftp    dgram   udp4     wait    nobody  /usr/sbin/in.tftpd in.tftpd -s /srv/tftp
    127.0.0.1:8025 stream tcp wait mail.mail /usr/sbin/smtpd
    [::1]:8026 stream tcp6 nowait mail /usr/sbin/smtpd smtpd
    192.0.2.7:
    9999 stream tcp nowait/7 nobody /bin/cat cat
    *:
    /run/finger stream unix nowait nobody /usr/sbin/in.fingerd

    """

struct InetdFileTests {
    @Test func readsWhatSystemsInstall() throws {
        let file = InetdFile(sample, skipsInternal: false)
        #expect(file.problems == [])
        #expect(
            file.entries.map { $0.listen.elements[0].description } == [
                "tcp:9", "udp:13", "tcp:23", "tcp:21:interface=[::]", "udp:69:interface=0.0.0.0",
                "tcp:8025:interface=127.0.0.1", "tcp:8026:interface=[::1]", "tcp:9999:interface=192.0.2.7",
                "unix:/run/finger",
            ])
        #expect(file.entries.map(\.internal) == [.discard, .daytime] + Array(repeating: nil, count: 7))
        #expect(file.entries.map(\.wait) == [false, false, false, false, true, true, false, false, false])
        let ftp = file.entries[3]
        #expect((ftp.user, ftp.group, ftp.perMinute) == ("root", "ftp", 60))
        #expect(ftp.program?.text == "/usr/sbin/in.ftpd" && ftp.command == ["in.ftpd", "-l", "-a"])
        #expect(file.entries[2].command == ["/usr/sbin/in.telnetd"])
        #expect(file.entries[7].atOnce == 7 && file.entries[7].perMinute == InetdEntry().perMinute)
        #expect(file.entries[5].group == "mail" && file.entries[5].command == ["/usr/sbin/smtpd"])
        for entry in file.entries { #expect(entry.problems("") == []) }
    }

    @Test func leavesInternalServicesOut() {
        let file = InetdFile(sample, skipsInternal: true)
        #expect(file.problems == [] && file.entries.count == 7)
    }

    @Test(arguments: [
        ("telnet stream tcp nowait root", "has 5 words"),
        ("nosuch stream tcp nowait root /bin/cat", "\"nosuch\" is neither a port nor a service of tcp"),
        ("0 stream tcp nowait root /bin/cat", "neither a port"),
        ("telnet raw tcp nowait root /bin/cat", "must be stream or dgram, but is \"raw\""),
        ("telnet stream sctp nowait root /bin/cat", "must be one of tcp, tcp4"),
        ("telnet stream udp nowait root /bin/cat", "stream does not go with udp"),
        ("telnet stream tcp maybe root /bin/cat", "must have wait or nowait"),
        ("telnet stream tcp nowait/0 root /bin/cat", "programs at once must be from 1 to 100000, but is \"0\""),
        ("telnet stream tcp nowait/3/10 root /bin/cat", "programs at once must be from 1 to 100000, but is \"3/10\""),
        ("telnet stream tcp nowait root/daemon /bin/cat", "a login class, as in \"root/daemon\", is not supported"),
        ("telnet stream tcp nowait.0 root /bin/cat", "from 1 to 1000000, but is \"0\""),
        ("telnet stream tcp nowait root cat", "must be an absolute path, but is \"cat\""),
        ("tftp dgram udp nowait root /bin/cat", "dgram with nowait can't be"),
        ("telnet stream tcp nowait root internal", "there is no internal service \"telnet\""),
        ("rstatd/1-3 dgram rpc/udp wait root /usr/sbin/rpc.rstatd", "RPC are not supported"),
        ("tcpmux stream tcp nowait root internal", "tcpmux is not supported"),
        ("ftp stream tcp,rcvbuf=16k nowait root /bin/cat", "sizes of buffers"),
        ("relative stream unix nowait root /bin/cat", "must be an absolute path of fewer"),
    ])
    func refusesWithTheLine(line: String, text: String) {
        let file = InetdFile("# first\n" + line + "\n", skipsInternal: false)
        #expect(file.entries == [])
        #expect(file.problems.count == 1 && file.problems[0].line == 2)
        #expect(file.problems.first?.text.contains(text) == true, "\(file.problems)")
    }

    @Test func optionsTakeAFileOrAProgram() throws {
        let folder = try TemporaryFolder()
        try folder.write("daytime stream tcp nowait root internal\nbad\nworse line\n", to: "bad.conf")
        try folder.write(sample, to: "good.conf")
        #expect(try InetdOptions.parse(["-f", folder["good.conf"], "-i"]).settings().entries.count == 7)
        func problem(_ words: String...) -> String {
            do {
                _ = try InetdOptions.parse(words).settings()
                return ""
            } catch { return InetdOptions.message(for: error) }
        }
        let located = problem("--file", folder["bad.conf"])
        #expect(located.contains("bad.conf:2: has 1 words") && located.contains("bad.conf:3: has 2 words"))
        #expect(problem("--file", folder["none"]).contains("no such file"))
        #expect(problem("--rpc", "/etc/rpc").contains("services of RPC are not supported"))
        #expect(problem().contains("Nothing is to be started"))
        #expect(problem("cat").contains("The program needs a place"))
        let entry = try InetdOptions.parse(["--listen", "udp:69", "/bin/cat", "-n"]).settings().entries[0]
        #expect(entry.wait && entry.command == ["/bin/cat", "-n"])
    }

    @Test func refusesEntriesThatCanNotBe() {
        var entry = InetdEntry()
        #expect(entry.problems("").map(\.key) == ["listen", "command"])
        entry.listen = [
            Endpoint(.tcp(port: 1, interface: nil), tls: Endpoint.TLS()), Endpoint(.udp(port: 1, interface: nil)),
        ]
        entry.command = ["/bin/cat"]
        #expect(entry.problems("").map(\.key) == ["listen", "wait"])
        entry.internal = .echo
        entry.listen = [.tcp(port: 1)]
        #expect(entry.problems("a.").map(\.key) == ["a.command"])
    }
}
