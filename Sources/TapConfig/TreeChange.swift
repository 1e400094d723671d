import TapData

/// One change of what a text says, before it is known how the text will say it.
enum TreeChange {
    /// The value at a path becomes another.
    case set([PathStep], Datum)
    /// A group gets a key; before it stand those of `preceding` that are there.
    case addKey([PathStep], String, Datum, preceding: [String])
    case removeKey([PathStep], String)
    /// A list gets an item that then has this index.
    case addItem([PathStep], Int, Datum)
    case removeItem([PathStep], Int)
    /// An item of a list goes to another index, counted without it.
    case moveItem([PathStep], from: Int, to: Int)

    /// The list or group that is changed, or the value.
    var path: [PathStep] {
        switch self {
        case .set(let path, _), .addKey(let path, _, _, _), .removeKey(let path, _), .addItem(let path, _, _),
            .removeItem(let path, _), .moveItem(let path, _, _):
            path
        }
    }

    /// What a tree is after the change, or nil when the change does not fit it.
    func applied(to datum: Datum) -> Datum? {
        datum.replacing(at: path[...]) { value in
            var value = value
            if case .set(_, let new) = self { return new }
            if case .object(var object) = value {
                switch self {
                case .addKey(_, let key, let new, _): object[key] = new
                case .removeKey(_, let key): object[key] = nil
                default: return nil
                }
                value = .object(object)
            } else if case .array(var elements) = value {
                guard change(&elements) else { return nil }
                value = .array(elements)
            } else {
                return nil
            }
            return value
        }
    }

    private func change(_ elements: inout [Datum]) -> Bool {
        switch self {
        case .addItem(_, let index, let new) where index <= elements.count: elements.insert(new, at: index)
        case .removeItem(_, let index) where index < elements.count: elements.remove(at: index)
        case .moveItem(_, let from, let to) where from < elements.count && to < elements.count:
            elements.insert(elements.remove(at: from), at: to)
        default: return false
        }
        return true
    }
}

extension Datum {
    /// The tree with the value at a path replaced, or nil when there is none.
    func replacing(at path: ArraySlice<PathStep>, _ change: (Datum) -> Datum?) -> Datum? {
        guard let step = path.first else { return change(self) }
        switch (step, self) {
        case (.key(let key), .object(var object)):
            guard let value = object[key]?.replacing(at: path.dropFirst(), change) else { return nil }
            object[key] = value
            return .object(object)
        case (.index(let index), .array(var elements)) where elements.indices.contains(index):
            guard let value = elements[index].replacing(at: path.dropFirst(), change) else { return nil }
            elements[index] = value
            return .array(elements)
        default: return nil
        }
    }

    /// The value at a path.
    subscript(path: some Collection<PathStep>) -> Datum? {
        guard let step = path.first else { return self }
        switch (step, self) {
        case (.key(let key), .object(let object)): return object[key]?[path.dropFirst()]
        case (.index(let index), .array(let elements)) where elements.indices.contains(index):
            return elements[index][path.dropFirst()]
        default: return nil
        }
    }
}
