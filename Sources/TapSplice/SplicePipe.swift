import CTapSystem
import Glibc
import TapNetwork

/// A pipe through which the kernel moves bytes from one socket to another.
final class SplicePipe {
    /// How much it has room for: with less it would be faster to copy.
    static let bytes = 1 << 20

    let input: CInt
    let output: CInt
    private let pool: SplicePipes

    fileprivate init?(_ pool: SplicePipes) {
        var ends: [CInt] = [-1, -1]
        guard tap_wide_pipe(&ends, CInt(SplicePipe.bytes)) == 0 else { return nil }
        (output, input, self.pool) = (ends[0], ends[1], pool)
        pool.count += 1
    }

    deinit {
        Glibc.close(input)
        Glibc.close(output)
        pool.count -= 1
    }
}

/// The pipes of a loop, which go from one connection to the next: each takes two files, and an idle connection none.
///
/// Used on the thread of the loop only.
final class SplicePipes {
    /// How many there are at most; bytes of other connections are copied.
    private static let most = 64
    /// How many are kept that nobody uses.
    private static let mostIdle = 8
    /// How long none is made after one could not be, in nanoseconds.
    private static let pause: Int64 = 1_000_000_000

    fileprivate(set) var count = 0
    private var idle: [SplicePipe] = []
    private var nextTry = Int64.min

    /// An empty pipe; nil: there is none to be had now.
    func take(_ now: Int64) -> SplicePipe? {
        if let pipe = idle.popLast() { return pipe }
        guard count < Self.most, now >= nextTry else { return nil }
        // The files of the reserve are for others (an eighth of those that connections leave).
        if FileReserve.distance > 2, let pipe = SplicePipe(self) { return pipe }
        nextTry = now + Self.pause
        return nil
    }

    /// Takes back a pipe that is empty.
    func giveBack(_ pipe: SplicePipe) { if idle.count < Self.mostIdle { idle.append(pipe) } }
}
