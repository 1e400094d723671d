/// A package of one of the formats: what is in it, and how it is put together.
package protocol PackageFormat: Sendable {
    /// The name of its file.
    var fileName: String { get }
    /// The name of the folder that shows the package unpacked.
    var treeName: String { get }
    /// The folder in the tree that bears what only the packager's tool reads, such as `DEBIAN`.
    var controlFolder: String { get }
    /// What is installed.
    var files: [PackageFile] { get }
    /// The command that installs the package of a file.
    func installation(of path: String) -> String
    /// Puts files into a tree and packs them.
    ///
    /// Throws ``PackagingError`` and `SystemCallError`.
    func pack(_ tree: PackageTree, into output: OutputFile) throws
}
