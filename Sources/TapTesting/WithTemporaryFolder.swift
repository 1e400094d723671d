/// Runs a body with a new folder of its own, and removes the folder with all that is in it afterwards.
///
/// - Parameter body: is given the path of the folder, without a slash at its end.
/// - Returns: what the body returns.
/// - Throws: what the body throws.
public func withTemporaryFolder<Result>(_ body: (String) throws -> Result) throws -> Result {
    let folder = try TemporaryFolder()
    defer { withExtendedLifetime(folder) {} }
    return try body(folder.path)
}

/// Runs an asynchronous body with a new folder of its own, and removes the folder with all that is in it afterwards.
///
/// - Parameters:
///   - isolation: the actor of the caller, where the body runs too.
///   - body: is given the path of the folder, without a slash at its end.
/// - Returns: what the body returns.
/// - Throws: what the body throws.
public func withTemporaryFolder<Result>(
    isolation: isolated (any Actor)? = #isolation, _ body: (String) async throws -> Result
) async throws -> Result {
    let folder = try TemporaryFolder()
    defer { withExtendedLifetime(folder) {} }
    return try await body(folder.path)
}
