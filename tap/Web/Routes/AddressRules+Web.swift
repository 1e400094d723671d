import TapNetwork
import Taproom

extension AddressRules {
    /// Those of an inner place, which count in place of the outer ones when it has any.
    func changed(by place: any WebPlace) -> AddressRules {
        let (allow, deny) = (place.allow.elements, place.deny.elements)
        return allow.isEmpty && deny.isEmpty ? self : AddressRules(allow: allow, deny: deny)
    }
}
