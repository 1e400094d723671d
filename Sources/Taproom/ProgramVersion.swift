/// The version of all tools and of the packages made of them.
package enum ProgramVersion {
    package static let text = "0.1.0"
}
