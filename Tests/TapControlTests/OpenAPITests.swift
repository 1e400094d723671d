@testable import TapControl
import TapData
import Testing

@Suite struct OpenAPITests {
    private func members(_ datum: Datum?) -> DatumObject { datum?.object ?? [:] }

    @Test func everyRouteIsDescribedOnce() throws {
        let paths = members(try OpenAPI.document().object?["paths"])
        let operations = paths.members.flatMap { path, item in members(item).keys.map { "\($0) \(path)" } }
        #expect(operations.count == ControlRoutes.table.count)
        #expect(operations.contains("patch /v1/services/{name}"))
        var identifiers: [String] = []
        for (_, item) in paths.members {
            for (_, operation) in members(item).members {
                identifiers.append(try #require(operation.object?["operationId"]?.string))
                let responses = members(operation.object?["responses"])
                #expect(responses.members.count > 3)
            }
        }
        #expect(Set(identifiers).count == identifiers.count)
    }

    @Test func everySchemaThatIsNamedIsThere() throws {
        let document = try OpenAPI.document()
        let schemas = members(members(document.object?["components"])["schemas"])
        var named: Set<String> = []
        func look(_ datum: Datum) {
            switch datum {
            case .object(let object):
                if let reference = object["$ref"]?.string, let name = reference.split(separator: "/").last {
                    named.insert(String(name))
                }
                for (_, value) in object.members { look(value) }
            case .array(let elements): for element in elements { look(element) }
            default: break
            }
        }
        look(document)
        #expect(named.subtracting(schemas.keys).isEmpty)
        #expect(Set(schemas.keys).subtracting(named).isEmpty)
    }

    @Test func changesCanConflictAndNeedARole() throws {
        for route in ControlRoutes.table where route.method != .get {
            #expect(route.traits.contains(.change), "\(route.path.template)")
            #expect(route.role >= .write)
            #expect(Set([403, 409, 412]).isSubset(of: route.problems))
        }
    }
}
