import TapData
package import Taproom

extension Application {
    /// Lets the settings that name something included name where it is installed.
    package mutating func moves(_ include: PackageInclude) { Self.move(&services, include) }

    private static func move(_ services: inout [ServiceDefinition], _ include: PackageInclude) {
        for index in services.indices {
            for (key, value) in services[index].settings.members {
                services[index].settings[key] = moved(value, include)
            }
            move(&services[index].services, include)
        }
    }

    private static func moved(_ datum: Datum, _ include: PackageInclude) -> Datum {
        switch datum {
        case .string(let text): return .string(include.moved(text) ?? text)
        case .array(let elements): return .array(elements.map { moved($0, include) })
        case .object(let object):
            var copy = object
            for (key, value) in object.members { copy[key] = moved(value, include) }
            return .object(copy)
        default: return datum
        }
    }
}
