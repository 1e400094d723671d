import Glibc
import Logging
import TapData
@testable import TapLog
import TapTesting
import Testing

@Suite struct FormatTests {
    private struct Broken: Error, CustomStringConvertible { var description: String { "no such\nthing" } }

    @Test func writesALineAnEvent() throws {
        try withTemporaryFolder { folder in
            var logger = try output(folder + "/log").logger("test")
            logger[metadataKey: "service"] = "web"
            logger.notice(
                "listening", metadata: ["at": "tcp:80", "text": "a b", "empty": "", "break": "a\nb\"c", "accent": "é"])
            logger.debug("not shown")
            logger.error("failed", error: Broken())
            #expect(
                lines(of: folder + "/log") == [
                    #"notice: listening accent=é at=tcp:80 break="a\nb\"c" empty="" service=web text="a b""#,
                    #"error: failed error="no such\nthing" service=web"#,
                ])
            #expect(
                text(of: folder + "/log").wholeMatch(of: /(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z [^\n]+\n){2}/) != nil)
        }
    }

    @Test func writesAnObjectAnEvent() throws {
        try withTemporaryFolder { folder in
            let logger = try output(folder + "/log", format: .json).logger("test")
            logger.warning(
                "odd",
                metadata: ["time": "now", "_time": "later", "list": ["a", "b"], "group": ["x": "1"], "text": "a b"])
            logger.error("failed", error: Broken())
            let objects = try text(of: folder + "/log").split(separator: "\n").map {
                try JSONReader.read(String($0)).datum.object ?? [:]
            }
            #expect(objects.count == 2)
            #expect(objects[0].keys == ["time", "level", "message", "_time", "group", "list", "text", "__time"])
            #expect(objects[0]["level"] == .string("warning"))
            #expect(objects[0]["message"] == .string("odd"))
            #expect(objects[0]["__time"] == .string("now"))
            #expect(objects[0]["_time"] == .string("later"))
            #expect(objects[0]["list"] == .array([.string("a"), .string("b")]))
            #expect(objects[0]["group"] == .object(["x": .string("1")]))
            #expect(objects[1]["error"] == .string("no such\nthing"))
            #expect(Timestamp.seconds(of: objects[1]["time"]?.string ?? "") != nil)
        }
    }

    @Test(arguments: LogConfiguration.Format.allCases)
    func anEventIsOneLineWhateverIsInIt(format: LogConfiguration.Format) throws {
        let nasty = "a\nb\rc\u{1B}[31md\u{0}e\u{85}f\u{2028}g\u{2029}h\u{9B}i\u{7F}\tj"
        try withTemporaryFolder { folder in
            let logger = try output(folder + "/log", format: format).logger("test")
            logger.error(
                "\(nasty)", metadata: ["\(nasty)": "\(nasty)", "list": ["\(nasty)"], "group": ["\(nasty)": "\(nasty)"]])
            let text = text(of: folder + "/log")
            #expect(text.last == "\n")
            let isQuiet = text.dropLast().unicodeScalars.allSatisfy {
                $0 >= " " && !("\u{7F}"..."\u{9F}").contains($0) && $0 != "\u{2028}" && $0 != "\u{2029}"
            }
            #expect(isQuiet)
            if format == .json {
                #expect(try JSONReader.read(text).datum.object?["message"] == .string(nasty))
            } else {
                #expect(text.contains(#"a\nb\rc\u001b[31md\u0000e\u0085f\u2028g\u2029h\u009bi\u007f\tj"#))
            }
        }
    }

    @Test func aNameInTextCannotBeTakenForAValue() {
        let record = LogRecord(.notice, "x", ["a=b": "c", "d e": "f=g"])
        #expect(LogFormat.body(record) == #"x "a=b"=c "d e"=f=g"#)
    }

    @Test func theLevelIsTheOneThatWasAskedFor() throws {
        try withTemporaryFolder { folder in
            let logger = try output(folder + "/log", level: .debug).logger("test")
            for level in Logger.Level.allCases { logger.log(level: level, "x") }
            #expect(
                lines(of: folder + "/log") == [
                    "debug: x", "info: x", "notice: x", "warning: x", "error: x", "critical: x",
                ])
        }
    }

    @Test(arguments: [
        "password", "dbPassword", "PASSPHRASE", "clientSecret", "api_token", "Authorization", "Proxy-Authorization",
        "Set-Cookie", "credential",
    ])
    func whatHasTheNameOfASecretIsNowhere(key: String) throws {
        try withTemporaryFolder { folder in
            for format in LogConfiguration.Format.allCases {
                let log = try output(folder + "/log", format: format)
                var logger = log.logger("test")
                logger[metadataKey: key] = "hunter2"
                logger.notice("one")
                logger.notice(
                    "two", metadata: ["request": [key: "hunter2", "path": "/"], "many": [[key: ["hunter2"]]]])
                #expect(log.recent.newest(10).count == 2)
                #expect(!log.recent.newest(10).map(\.json).joined().contains("hunter2"))
            }
            #expect(!text(of: folder + "/log").contains("hunter2"))
            #expect(text(of: folder + "/log").contains("\(key)=***"))
            #expect(text(of: folder + "/log").contains("\"path\":\"/\""))
        }
    }

    @Test(arguments: ["tokens", "cookies", "secretary", "key"])
    func whatOnlyResemblesASecretIsShown(key: String) {
        #expect(LogFormat.body(LogRecord(.notice, "x", ["\(key)": "1"])) == "x \(key)=1")
    }
}
