import TapData

/// What is said to a program: one line of JSON.
enum RunnerMessage {
    /// The first line: who it is, how it is to be, and what it remembers.
    case hello(Hello)
    /// What was asked for.
    case result(id: Datum, [(key: String, value: Datum)])
    /// Why a request is refused, and what is there instead.
    case refusal(id: Datum, StateRefusal)
    /// Can it take these settings?
    case reconfigure(id: Int64, settings: DatumObject)
    /// The settings that it can take count from now on.
    case commit(id: Int64)
    /// The settings that it could take do not count.
    case forget(id: Int64)
    /// It is to finish what it is doing and to end.
    case stop

    /// What a program is told first.
    struct Hello {
        var service: String
        var kind: String
        var settings: DatumObject
        /// Where each socket listens, with its key and its descriptor.
        var listeners: [(key: String, endpoint: String, descriptor: Int)]
        /// The values of its cells.
        var cells: [(name: String, value: Datum)]
    }

    /// The line, without its end.
    var line: String {
        switch self {
        case .hello(let hello): JSONWriter.line(.object(["hello": .object(hello.object)]))
        case .result(let id, let members):
            JSONWriter.line(.object(members.reduce(into: ["id": id]) { $0[$1.key] = $1.value }))
        case .refusal(let id, let refusal): JSONWriter.line(.object(RunnerMessage.object(id, refusal)))
        case .reconfigure(let id, let settings):
            JSONWriter.line(.object(["reconfigure": .integer(id), "settings": .object(settings)]))
        case .commit(let id): JSONWriter.line(.object(["commit": .integer(id)]))
        case .forget(let id): JSONWriter.line(.object(["forget": .integer(id)]))
        case .stop: JSONWriter.line(.object(["stop": .bool(true)]))
        }
    }

    private static func object(_ id: Datum, _ refusal: StateRefusal) -> DatumObject {
        var object: DatumObject = ["id": id, "error": .string(refusal.problem)]
        object["found"] = refusal.found
        return object
    }
}

extension RunnerMessage.Hello {
    fileprivate var object: DatumObject {
        let sockets = listeners.map { listener -> Datum in
            .object([
                "key": .string(listener.key), "endpoint": .string(listener.endpoint),
                "fd": .integer(Int64(listener.descriptor)),
            ])
        }
        return [
            "protocol": .integer(1), "service": .string(service), "kind": .string(kind), "settings": .object(settings),
            "listeners": .array(sockets), "state": .object(cells.reduce(into: [:]) { $0[$1.name] = $1.value }),
        ]
    }
}
