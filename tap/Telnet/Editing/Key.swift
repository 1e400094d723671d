/// What somebody can press at a terminal.
enum Key: Equatable, Sendable {
    case character(Unicode.Scalar)
    case enter
    case tab
    case backspace
    /// Deletes the character under the cursor.
    case delete
    case left, right, up, down, home, end
    case wordLeft, wordRight
    case deleteToStart, deleteToEnd, deleteWord
    /// Begins the screen anew.
    case clear
    /// Ctrl-C.
    case interrupt
    /// Ctrl-D.
    case endOfInput
}
