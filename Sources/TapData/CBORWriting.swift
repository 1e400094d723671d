/// One run of an encoder: the bytes so far, and the maps and arrays that are open.
///
/// Each slot for a value is a frame on a stack. A frame is complete when one below it goes on, or the value ends. Its name
/// tells whether it is still there: a container that writes when its frame is gone makes the run irregular.
final class CBORWriting {
    enum Content { case nothing, single, array, map }

    struct FrameName {
        var depth: Int
        /// Never the same for two frames.
        var number: Int

        static let none = FrameName(depth: 0, number: -1)
    }

    struct Frame {
        var number: Int
        var content = Content.nothing
        /// Where the head of the map or array stands.
        var start = 0
        /// How many elements an array has.
        var elements = 0
        /// Which of the entries is the first of this map.
        var firstEntry = 0
        var isSorted = true
        var isASCII = true
    }

    let output = CBOROutput()
    // Nothing here hands out an access that outlives a statement; looking for such would cost a quarter of the time.
    @exclusivity(unchecked) var frames = GrowingMemory<Frame>()
    @exclusivity(unchecked) var entries = GrowingMemory<CBOREntry>()
    /// The number of the frame on top, which is the one that is mostly asked for.
    @exclusivity(unchecked) private var top = 0
    @exclusivity(unchecked) private var lastNumber = 0
    private(set) var isBusy = false
    /// Whether only the tree can tell what the value means.
    var isIrregular = false

    func start() {
        output.count = 0
        entries.count = 0
        frames.count = 0
        isIrregular = false
        isBusy = true
        _ = push()
    }

    func stop() {
        frames.count = 0
        top = 0
        isBusy = false
    }

    /// The bytes of the run, valid until the next.
    func finish() -> UnsafeBufferPointer<UInt8> { UnsafeBufferPointer(start: output.base, count: output.count) }

    /// Where a value stands; the tree knows it.
    var pathThroughTree: [any CodingKey] {
        isIrregular = true
        return []
    }

    // Frames

    func push() -> FrameName {
        lastNumber += 1
        top = lastNumber
        frames.append(Frame(number: lastNumber))
        return FrameName(depth: frames.count - 1, number: lastNumber)
    }

    /// Makes a frame the top one, if it is still open.
    @inline(__always)
    func reach(_ frame: FrameName) -> Bool { top == frame.number || uncover(frame) }

    @inline(never)
    private func uncover(_ frame: FrameName) -> Bool {
        guard frame.depth < frames.count, frames.base[frame.depth].number == frame.number else {
            isIrregular = true
            return false
        }
        close(to: frame.depth + 1)
        return true
    }

    /// Completes all frames above a number of them.
    func close(to depth: Int) {
        while frames.count > depth {
            let frame = frames.base + (frames.count - 1)
            switch frame.pointee.content {
            case .nothing: output.byte(0xA0)
            case .single: break
            case .array: output.patchHead(4, UInt64(frame.pointee.elements), at: frame.pointee.start)
            case .map:
                let count = entries.count - frame.pointee.firstEntry
                if !frame.pointee.isSorted || !frame.pointee.isASCII { sortEntries(frame.pointee) }
                output.patchHead(5, UInt64(count), at: frame.pointee.start)
                entries.count = frame.pointee.firstEntry
            }
            frames.count -= 1
        }
        top = frames.count > 0 ? frames.base[frames.count - 1].number : 0
    }

    /// Starts a map or array in a frame, or goes on with the one it has.
    func open(_ content: Content, in frame: FrameName) {
        guard reach(frame) else { return }
        let open = frames.base + frame.depth
        if open.pointee.content == .nothing {
            open.pointee.content = content
            open.pointee.start = output.count
            open.pointee.firstEntry = entries.count
            output.byte(0)
        } else if open.pointee.content != content {
            isIrregular = true
        }
    }

    /// Whether a frame has nothing yet; of one that has something only the tree knows what counts.
    func isEmpty(_ frame: FrameName) -> Bool {
        guard reach(frame) else { return false }
        if frames.base[frame.depth].content != .nothing { isIrregular = true }
        return !isIrregular
    }

    /// Announces a single value in an empty frame.
    func take(_ frame: FrameName) -> Bool {
        guard isEmpty(frame) else { return false }
        frames.base[frame.depth].content = .single
        return true
    }

    func elements(of frame: FrameName) -> Int {
        reach(frame) ? frames.base[frame.depth].elements : 0
    }

    /// Announces the next element of an array.
    @inline(__always)
    func element(in frame: FrameName) throws {
        guard reach(frame) else { throw NeedsTree() }
        frames.base[frame.depth].elements += 1
    }

    // Values that are not plain

    /// Puts a value into a frame of its own.
    func put<Value: Encodable>(_ value: Value) throws {
        let frame = push()
        try value.encode(to: CBORSlot(writing: self, frame: frame))
        close(to: frame.depth)
    }

    /// Puts a value into the frame on top.
    func fill<Value: Encodable>(_ value: Value) throws {
        let depth = frames.count - 1
        if Value.isPlain {
            frames.base[depth].content = .single
            try plain(value)
        } else {
            try value.encode(to: CBORSlot(writing: self, frame: FrameName(depth: depth, number: top)))
        }
    }
}
