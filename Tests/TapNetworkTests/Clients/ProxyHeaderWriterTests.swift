import NIOCore
import TapNetwork
import Testing

@Suite(.timeLimit(.minutes(1)))
struct ProxyHeaderWriterTests {
    /// The examples follow the specification's sections 2.1 and 2.2.
    @Test func writesTheFirstVersionOfTheProxyProtocol() throws {
        func line(_ source: SocketAddress?, _ destination: SocketAddress?) -> String {
            String(buffer: ProxyHeaderWriter.bytes(.v1, source: source, destination: destination, port: 443))
        }
        let four = try SocketAddress(ipAddress: "255.255.255.255", port: 65535)
        #expect(line(four, four) == "PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n")
        let six = try SocketAddress(ipAddress: "2001:db8::1", port: 4711)
        #expect(line(six, four) == "PROXY TCP6 2001:db8::1 :: 4711 443\r\n")
        #expect(line(nil, four) == "PROXY UNKNOWN\r\n")
    }

    @Test func writesTheSecondVersionOfTheProxyProtocol() throws {
        func bytes(_ source: SocketAddress?, _ destination: SocketAddress?) -> [UInt8] {
            let header = ProxyHeaderWriter.bytes(.v2, source: source, destination: destination, port: 443)
            return Array(header.readableBytesView)
        }
        let signature: [UInt8] = [0x0D, 0x0A, 0x0D, 0x0A, 0, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A]
        let client = try SocketAddress(ipAddress: "192.0.2.1", port: 0x1234)
        let server = try SocketAddress(ipAddress: "198.51.100.2", port: 443)
        #expect(
            bytes(client, server)
                == signature + [0x21, 0x11, 0, 12, 192, 0, 2, 1, 198, 51, 100, 2, 0x12, 0x34, 0x01, 0xBB])
        let six = try SocketAddress(ipAddress: "2001:db8::1", port: 1)
        let address: [UInt8] = [0x20, 0x01, 0x0D, 0xB8] + Array(repeating: 0, count: 11) + [1]
        #expect(
            bytes(six, nil)
                == signature + [0x21, 0x21, 0, 36] + address + Array(repeating: 0, count: 16) + [0, 1, 0x01, 0xBB])
        #expect(bytes(nil, nil) == signature + [0x20, 0, 0, 0])
    }
}
