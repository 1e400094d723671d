// Measures how many records a second our coders and Foundation's turn into bytes and back, each record on its own:
// "name<TAB>rate" lines. One core, the best of some rounds; build it with -c release.
// usage: codec-benchmark [RECORDS]
import Foundation
import TapData

struct Record: Codable, Equatable {
    var id: Int64
    var name: String
    var score: Double
    var isActive: Bool
    var port: UInt32

    init(number: Int) {
        id = Int64(number)
        name = "service \(number)"
        score = Double(number) / 7
        isActive = number % 3 == 0
        port = UInt32(1024 + number % 60_000)
    }
}

let count = CommandLine.arguments.dropFirst().first.flatMap { Int($0) } ?? 1_000_000
let records = (0..<count).map { Record(number: $0) }

/// Prints the rate of the fastest of five rounds of `body`, which goes through all records.
func measure(_ name: String, _ body: () throws -> Void) rethrows {
    let clock = ContinuousClock()
    var best = Duration.seconds(1_000_000)
    for _ in 0..<5 { best = min(best, try clock.measure(body)) }
    print("\(name)\t\(Int(Double(count) / (best / .seconds(1))))")
}

/// Measures one coder, record by record, after a look whether it brings back what it was given.
func measure<Bytes>(
    _ name: String, encode: (Record) throws -> Bytes, decode: (Bytes) throws -> Record
) throws {
    let rows = try records.map(encode)
    guard try rows.map(decode) == records else { throw CocoaError(.coderInvalidValue) }
    try measure("\(name) encode") { for record in records { _ = try encode(record) } }
    try measure("\(name) decode") { for row in rows { _ = try decode(row) } }
}

let (encoder, decoder) = (CBOREncoder(), CBORDecoder())
try measure("cbor", encode: { try encoder.encode($0) }, decode: { try decoder.decode(Record.self, from: $0) })
try measure(
    "cbor, a coder for each", encode: { try CBOREncoder().encode($0) },
    decode: { try CBORDecoder().decode(Record.self, from: $0) })
var buffer: [UInt8] = []
try measure("cbor into one buffer encode") {
    buffer.removeAll(keepingCapacity: true)
    for record in records { try encoder.encode(record, into: &buffer) }
}
try measure(
    "tree", encode: { CBOR.encode(try DatumEncoder().encode($0)) },
    decode: { try DatumDecoder().decode(Record.self, from: CBOR.decode($0)) })
let (jsonEncoder, jsonDecoder) = (JSONEncoder(), JSONDecoder())
try measure(
    "json", encode: { try jsonEncoder.encode($0) }, decode: { try jsonDecoder.decode(Record.self, from: $0) })

let list = try encoder.encode(records)
try measure("cbor list encode") { _ = try encoder.encode(records) }
try measure("cbor list decode") { _ = try decoder.decode([Record].self, from: list) }
let jsonList = try jsonEncoder.encode(records)
try measure("json list encode") { _ = try jsonEncoder.encode(records) }
try measure("json list decode") { _ = try jsonDecoder.decode([Record].self, from: jsonList) }
