@preconcurrency import Dispatch
import Glibc
import Taproom

@testable import TapTesting

/// A server on UDP that sends back what it gets, until it goes away.
final class TestEcho: Sendable {
    let address: TestAddress
    private let socket: ListeningSocket
    private let source: any DispatchSourceRead

    init() throws {
        socket = try ListeningSocket(Endpoint(.udp(port: 0, interface: nil)))
        address = socket.address
        let descriptor = try socket.listener.duplicate()
        source = DispatchSource.makeReadSource(fileDescriptor: descriptor, queue: DispatchQueue(label: "test echo"))
        source.setEventHandler {
            var space = [UInt8](repeating: 0, count: 1 << 16)
            var name = sockaddr_storage()
            var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
            withUnsafeMutablePointer(to: &name) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { name in
                    let count = recvfrom(descriptor, &space, space.count, 0, name, &size)
                    if count >= 0 { sendto(descriptor, space, count, 0, name, size) }
                }
            }
        }
        source.setCancelHandler { close(descriptor) }
        source.resume()
    }

    deinit { source.cancel() }
}
