import TapData

/// Something that can be asked of the API: how, by whom, with what, what is answered, and what does it.
///
/// Requests are dispatched by these, and the API's description is made of them: what is there is documented.
struct ControlRoute: Sendable {
    enum Method: String, Sendable {
        case get = "GET"
        case put = "PUT"
        case patch = "PATCH"
        case post = "POST"
        case delete = "DELETE"
    }

    struct Traits: OptionSet, Sendable {
        let rawValue: Int

        /// Changes something: it can conflict, and be refused for what it would lead to.
        static let change = Traits(rawValue: 1)
        /// Is only for those who own the application.
        static let owner = Traits(rawValue: 2)
        /// Answers the same as long as the revision is the same.
        static let conditional = Traits(rawValue: 4)
        /// Waits for nobody who does not answer, and so does not know the revision.
        static let watching = Traits(rawValue: 8)
        /// Can be about something that is not there.
        static let missing = Traits(rawValue: 16)
    }

    typealias Answering = @Sendable (ControlRoutes, ControlRequest) async throws -> ControlResponse

    let method: Method
    let path: RoutePath
    /// What it does, a sentence.
    let summary: String
    let parameters: [RouteParameter]
    let body: RouteBody?
    /// What is answered when all is well; the first is the usual.
    let answers: [RouteAnswer]
    let traits: Traits
    let answer: Answering

    init(
        _ method: Method, _ path: RoutePath, _ summary: String, _ parameters: [RouteParameter] = [],
        body: RouteBody? = nil, traits: Traits = [], answers: [RouteAnswer], _ answer: @escaping Answering
    ) {
        self.method = method
        self.path = path
        self.summary = summary
        self.parameters = parameters
        self.body = body
        self.traits = traits
        self.answers = answers
        self.answer = answer
    }

    /// A route with one answer, in JSON.
    init<Value: Encodable & SendableMetatype>(
        _ method: Method, _ path: RoutePath, _ summary: String, _ parameters: [RouteParameter] = [],
        body: RouteBody? = nil, traits: Traits = [], answers schema: String,
        _ answer: @escaping @Sendable (ControlRoutes, ControlRequest) async throws -> Value
    ) {
        self.init(method, path, summary, parameters, body: body, traits: traits, answers: [RouteAnswer(200, schema)]) {
            try ControlResponse(await answer($0, $1))
        }
    }

    /// What is needed to ask for it.
    var role: ControlRole { traits.contains(.owner) ? .own : method == .get ? .read : .write }

    /// The statuses of the problems that it can answer.
    var problems: [Int] {
        var statuses: Set = [400, 401, 403, 500, 503]
        if !traits.contains(.watching) { statuses.insert(412) }
        if body != nil { statuses.formUnion([413, 415]) }
        if traits.contains(.change) { statuses.formUnion([404, 409, 422, 507]) }
        if traits.contains(.missing) || !path.names.isEmpty || parameters.contains(where: { $0 == .at }) {
            statuses.insert(404)
        }
        return statuses.sorted()
    }
}

/// A parameter in the query of a route.
struct RouteParameter: Sendable, Equatable {
    let name: String
    let meaning: String
    var isRequired = false
    /// Its JSON Schema.
    let schema: Datum

    static let at = RouteParameter(
        name: "at", meaning: "A revision, the name of a snapshot, or a time (RFC 3339); now unless it is given.",
        schema: .schema("string"))

    /// What every change of settings takes.
    static let change = [
        RouteParameter(
            name: "confirm", meaning: "Take the change back after this time unless it is confirmed: 30s, 10m, 1h.",
            schema: .object(["type": .string("string"), "pattern": .string("^[0-9]{1,9}(ms|s|m|h|d)$")])),
        RouteParameter(name: "comment", meaning: "A remark for the history.", schema: .schema("string")),
    ]

    /// What a description takes that is sent as it is.
    static let description = [
        RouteParameter(
            name: "file",
            meaning: "The path of the description's file: paths in it are taken from its folder.",
            schema: .schema("string")),
        RouteParameter(
            name: "onConflict",
            meaning: "Whose word counts where the description and the running application disagree.",
            schema: .object(["type": .string("string"), "enum": .array([.string("file"), .string("running")])])),
    ]
}

/// The body that a route takes.
struct RouteBody: Sendable {
    static let json = "application/json"
    static let mergePatch = "application/merge-patch+json"
    /// RFC 9512, and what came before it.
    static let yaml = ["application/yaml", "text/yaml"]

    /// The name of the schema of the JSON.
    let schema: String
    var isRequired = true
    /// What is taken besides JSON.
    var otherTypes: [String] = []

    var types: [String] { [RouteBody.json] + otherTypes }
}

/// An answer of a route that is no problem.
struct RouteAnswer: Sendable {
    let status: Int
    /// The name of the schema of the JSON; nil: there is nothing, or no JSON.
    let schema: String?
    let mediaType: String?

    init(_ status: Int, _ schema: String) { (self.status, self.schema, mediaType) = (status, schema, RouteBody.json) }
    /// Text of another type.
    init(text mediaType: String) { (status, schema, self.mediaType) = (200, nil, mediaType) }
    /// Nothing.
    init(_ status: Int) { (self.status, schema, mediaType) = (status, nil, nil) }
}

extension Datum {
    /// The JSON Schema of a plain type.
    static func schema(_ type: String) -> Datum { .object(["type": .string(type)]) }
}
