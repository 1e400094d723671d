package import TapData
package import Taproom

/// A kind whose settings are described as data: there is no type of them in the program.
package protocol DescribedKind: KnownKind {
    /// The keys of the settings, in the order of the description.
    var settingMembers: [Shape.Member] { get }
    /// The settings when nothing is given.
    var defaults: DatumObject { get }
    /// The keys that say where the service listens, with dots for groups in groups.
    var listeningKeys: [String] { get }
}

// It has none.
extension GroupKind: DescribedKind {
    package var settingMembers: [Shape.Member] { [] }
    package var defaults: DatumObject { [:] }
    package var listeningKeys: [String] { [] }
}
