import Testing

@testable import TapTelnet

/// A terminal of one line that does what the editor sends: what somebody sees.
private struct Screen {
    private(set) var cells: [Character] = []
    private(set) var column = 0
    var text: String {
        var cells = cells
        while cells.last == " " { cells.removeLast() }
        return String(cells)
    }

    mutating func show(_ output: String) {
        var rest = Substring(output)
        while let character = rest.first {
            rest = rest.dropFirst()
            switch character {
            case "\r": column = 0
            case "\n", "\r\n": (cells, column) = ([], 0)
            case "\u{8}": column -= 1
            case "\u{7}": break
            case "\u{1B}":
                rest = rest.dropFirst()
                let number = rest.prefix { $0.isNumber }
                rest = rest.dropFirst(number.count)
                switch rest.first {
                case "K": cells = Array(cells.prefix(column))
                case "C": column += Int(number) ?? 1
                case "J": (cells, column) = ([], 0)
                default: column = 0
                }
                rest = rest.dropFirst()
            default:
                while cells.count <= column { cells.append(" ") }
                cells[column] = character
                column += 1
            }
        }
    }
}

/// Lines that are typed and edited, and what is seen of them.
struct LineEditorTests {
    private func typed(_ text: String, columns: Int = 80, _ keys: Key...) -> (LineEditor, Screen) {
        var editor = LineEditor(prompt: "> ")
        var screen = Screen()
        editor.setColumns(columns)
        screen.show(editor.begin())
        for key in text.unicodeScalars.map(Key.character) + keys { screen.show(editor.press(key, .ours).output) }
        return (editor, screen)
    }

    @Test func whatIsTypedIsSeen() {
        let (editor, screen) = typed("status")
        #expect(screen.text == "> status" && screen.column == 8)
        #expect(editor.line.text == "status")
    }

    @Test(
        arguments: [
            ([.backspace], "set we", 8), ([.left, .left, .backspace], "set eb", 6), ([.home, .delete], "et web", 2),
            ([.home, .endOfInput], "et web", 2), ([.home, .right, .character("x")], "sxet web", 4),
            ([.wordLeft, .deleteToEnd], "set", 6), ([.wordLeft, .deleteToStart], "web", 2), ([.deleteWord], "set", 6),
            ([.wordLeft, .wordLeft, .wordRight, .character("s")], "sets web", 6), ([.home, .end], "set web", 9),
            ([.deleteToStart], "", 2),
        ] as [([Key], String, Int)])
    func eachKeyEditsWhatIsSeen(keys: [Key], text: String, column: Int) {
        var (editor, screen) = typed("set web")
        for key in keys { screen.show(editor.press(key, .ours).output) }
        #expect(screen.text == (text.isEmpty ? ">" : "> " + text) && screen.column == column)
    }

    @Test func aLineThatIsTooLongIsShownAroundTheCursor() {
        let text = String("abcdefghijklmnopqrstuvwxyz".prefix(26))
        var (editor, screen) = typed(text, columns: 20)
        #expect(screen.text.hasSuffix("xyz") && screen.column < 20)
        screen.show(editor.press(.home, .ours).output)
        #expect(screen.text.hasPrefix("> abc") && screen.column == 2)
        screen.show(editor.press(.delete, .ours).output)
        #expect(screen.text.hasPrefix("> bcd"))
    }

    @Test func wideCharactersTakeTwoColumns() {
        let (_, output) = { () -> (LineEditor, String) in
            var editor = LineEditor(prompt: "> ")
            for key in "日本".unicodeScalars.map(Key.character) { _ = editor.press(key, .ours) }
            return (editor, editor.press(.left, .ours).output)
        }()
        #expect(output.hasSuffix("\u{1B}[4C"))
    }

    @Test func anAccentBelongsToItsLetter() {
        var (editor, _) = typed("e\u{301}a", .backspace)
        #expect(editor.line.text == "e\u{301}")
        _ = editor.press(.backspace, .ours)
        #expect(editor.line.text == "")
    }

    @Test func noLetterHasAccentsWithoutEnd() {
        let (editor, _) = typed("e" + String(repeating: "\u{301}", count: 5000))
        #expect(editor.line.text.unicodeScalars.count < 100)
    }

    @Test func aLineHasAnEnd() {
        let (editor, _) = typed(String(repeating: "x", count: EditedLine.maximumLength + 10))
        #expect(editor.line.characters.count == EditedLine.maximumLength)
    }

    @Test func earlierLinesComeBackAndSoDoesWhatWasBeingTyped() {
        var (editor, screen) = typed("th")
        editor.remember("one")
        editor.remember("two")
        editor.remember("two")
        for (key, text) in [(Key.up, "two"), (.up, "one"), (.up, "one"), (.down, "two"), (.down, "th"), (.down, "th")] {
            screen.show(editor.press(key, .ours).output)
            #expect(screen.text == "> " + text)
        }
    }

    @Test func aPasswordIsNotSeen() {
        var editor = LineEditor(prompt: "password: ")
        let outputs = "secret".unicodeScalars.map { editor.press(.character($0), .hidden).output }
        #expect(outputs.allSatisfy { $0.isEmpty })
        #expect(editor.press(.up, .hidden).output == "" && editor.press(.tab, .hidden).outcome == .none)
        let last = editor.press(.enter, .hidden)
        #expect(last.outcome == .line("secret") && last.output == "\n")
    }

    @Test func aClientThatShowsItselfWhatIsTypedIsSentNothing() {
        var editor = LineEditor(prompt: "> ")
        #expect(editor.press(.character("a"), .theirs).output == "")
        #expect(editor.press(.enter, .theirs).output == "")
    }

    @Test func controlDEndsAnEmptyLineOnly() {
        var (editor, _) = typed("ab")
        #expect(editor.press(.endOfInput, .ours).outcome == .none)
        var (empty, _) = typed("")
        #expect(empty.press(.endOfInput, .ours).outcome == .ended)
    }
}

/// The words of a line.
struct LineWordsTests {
    @Test(
        arguments: [
            ("", []), ("  ", []), ("a  b", ["a", "b"]), ("set web.a='x y'", ["set", "web.a=x y"]),
            ("\"a \\\" b\"", ["a \" b"]),
            ("a\\ b", ["a b"]), ("''", [""]), ("'a\\b'", ["a\\b"]), ("a\"b\"c", ["abc"]), ("ä 'ö ü'", ["ä", "ö ü"]),
        ] as [(String, [String])])
    func areSplitAsAShellWould(line: String, words: [String]) throws { #expect(try LineWords.split(line) == words) }

    @Test func aQuoteHasToEnd() {
        #expect(throws: LineWords.OpenQuote(quote: "'")) { try LineWords.split("set 'a") }
    }
}
