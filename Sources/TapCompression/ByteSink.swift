/// Where bytes go that are made piece by piece: a file, a compressor, a checksum.
package typealias ByteSink = (UnsafeRawBufferPointer) throws -> Void
