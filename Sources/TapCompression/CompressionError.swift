package import Taproom

/// Why bytes can't be compressed.
package enum CompressionError: Error, Equatable {
    /// The compressor gets no memory.
    case outOfMemory
}

extension CompressionError: ReportableError {
    /// What happened.
    package var description: String { "there is not enough memory to compress" }
    package var exitStatus: ExitStatus { .tryAgain }
    package var advice: String? { "Try again when there is." }
}
