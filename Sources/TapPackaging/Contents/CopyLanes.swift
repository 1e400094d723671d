/// One thread's part of copying files into a tree: several at a time, so that their checksums are computed side by side.
struct CopyLanes<Checksum: Digest> {
    /// A lane, in which one file is copied after another.
    private struct Lane {
        let buffer: UnsafeMutableRawBufferPointer
        /// The place of the file in the queue.
        var place = 0
        var copy: FileCopy?
        /// What was copied and is not in the checksum yet.
        var unsummed = UnsafeRawBufferPointer(start: nil, count: 0)

        init(_ buffer: UnsafeMutableRawBufferPointer) { self.buffer = buffer }

        func nextPiece() throws -> UnsafeRawBufferPointer {
            try copy?.next(through: buffer) ?? UnsafeRawBufferPointer(start: nil, count: 0)
        }
    }

    /// How much is read at a time in all lanes: so little that it is in the processor's cache still when it is used.
    private static var bufferSize: Int { 1 << 19 }

    private let queue: WorkQueue<LaidFile, [UInt8]>
    private var lanes: [Lane]
    /// The checksum of each lane's file.
    private var sums: [Checksum]

    /// Copies the files of a queue; their checksums are the results.
    static func copy(_ queue: WorkQueue<LaidFile, [UInt8]>) {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: bufferSize, alignment: 4096)
        defer { buffer.deallocate() }
        var lanes = CopyLanes(queue, buffer)
        while !lanes.lanes.isEmpty { lanes.sum() }
    }

    private init(_ queue: WorkQueue<LaidFile, [UInt8]>, _ buffer: UnsafeMutableRawBufferPointer) {
        self.queue = queue
        let size = buffer.count / Checksum.lanes
        lanes = (0..<Checksum.lanes).map { lane in
            Lane(UnsafeMutableRawBufferPointer(rebasing: buffer[lane * size..<(lane + 1) * size]))
        }
        sums = lanes.map { _ in Checksum() }
        fill()
    }

    /// Sums the whole blocks that all lanes have.
    private mutating func sum() {
        let count = (lanes.map(\.unsummed.count).min() ?? 0) / Checksum.blockSize * Checksum.blockSize
        Checksum.add(lanes.map { UnsafeRawBufferPointer(rebasing: $0.unsummed.prefix(count)) }, to: &sums)
        for lane in lanes.indices {
            lanes[lane].unsummed = UnsafeRawBufferPointer(rebasing: lanes[lane].unsummed.dropFirst(count))
        }
        fill()
    }

    /// Brings a whole block into each lane that has none; lanes for which nothing is left go.
    private mutating func fill() {
        for lane in lanes.indices.reversed() where !fill(lane) {
            lanes.remove(at: lane)
            sums.remove(at: lane)
        }
    }

    /// Brings a whole block into a lane: of its file, or of the next one of the queue.
    private mutating func fill(_ lane: Int) -> Bool {
        while lanes[lane].unsummed.count < Checksum.blockSize {
            do {
                sums[lane].add(lanes[lane].unsummed)
                lanes[lane].unsummed = try lanes[lane].nextPiece()
                guard lanes[lane].unsummed.isEmpty else { continue }
                if lanes[lane].copy != nil { queue.end(lanes[lane].place, .success(sums[lane].finish())) }
                guard try begin(lane) else { return false }
            } catch {
                queue.end(lanes[lane].place, .failure(error))
                lanes[lane].copy = nil
            }
        }
        return true
    }

    private mutating func begin(_ lane: Int) throws -> Bool {
        guard let (place, file) = queue.next() else { return false }
        (lanes[lane].place, lanes[lane].copy, sums[lane]) = (place, nil, Checksum())
        lanes[lane].copy = try FileCopy(file)
        return true
    }
}
