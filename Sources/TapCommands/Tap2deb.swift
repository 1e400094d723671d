import Taproom

enum Tap2deb {
    static func run(_ words: [String], _ invocation: Invocation) throws -> ExitStatus { .usage }
}
