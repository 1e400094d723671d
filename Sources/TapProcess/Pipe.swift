import CTapSystem
import Glibc
package import NIOCore
import NIOPosix
package import Taproom

/// A pipe, as two descriptors.
package struct Pipe: Sendable {
    /// Where it is read from.
    package let reading: CInt
    /// Where it is written to.
    package let writing: CInt

    /// A new pipe, whose ends children do not inherit.
    ///
    /// Throws ``SystemCallError``.
    package init() throws(SystemCallError) {
        var ends: [CInt] = [-1, -1]
        guard tap_pipe(&ends) == 0 else { throw SystemCallError("make a pipe") }
        (reading, writing) = (ends[0], ends[1])
    }

    /// Closes both ends.
    package func close() {
        Glibc.close(reading)
        Glibc.close(writing)
    }

    /// Has an event loop read, and close that end.
    package func read(on loop: any EventLoop, _ reader: PipeReader) {
        let bound = NIOLoopBound(reader, eventLoop: loop)
        let bootstrap = NIOPipeBootstrap(group: loop)
            .channelOption(.autoRead, value: false)
            .channelOption(
                .recvAllocator,
                value: AdaptiveRecvByteBufferAllocator(minimum: 1024, initial: 16 << 10, maximum: 64 << 10)
            )
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(bound.value) }
            }
        _ = bootstrap.takingOwnershipOfDescriptor(input: reading)
    }

    /// Has an event loop write, and close that end.
    package func write(on loop: any EventLoop, _ writer: PipeWriter) {
        let bound = NIOLoopBound(writer, eventLoop: loop)
        let bootstrap = NIOPipeBootstrap(group: loop)
            .channelOption(.writeBufferWaterMark, value: .init(low: 32 << 10, high: 128 << 10))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(bound.value) }
            }
        _ = bootstrap.takingOwnershipOfDescriptor(output: writing)
    }
}
