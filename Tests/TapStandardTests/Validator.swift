import TapData
import TapTesting

/// The JSON Schema validator of Python (python3-jsonschema).
enum Validator {
    private static let script = """
        import json, sys
        from jsonschema import Draft202012Validator
        schema, instances = json.load(open(sys.argv[1]))
        Draft202012Validator.check_schema(schema)
        validator = Draft202012Validator(schema)
        print(json.dumps([validator.is_valid(instance) for instance in instances]))
        """

    /// Which of some values a schema accepts.
    ///
    /// Throws ``TestFailure`` when the schema is none.
    static func verdicts(_ schema: Datum, _ instances: [Datum]) async throws -> [Bool] {
        let folder = try TemporaryFolder()
        try folder.write(JSONWriter.line(.array([schema, .array(instances)])), to: "work.json")
        let outcome = try await Program.run("python3", ["-c", script, folder["work.json"]], in: folder.path)
        guard outcome.status == 0, case .array(let verdicts) = try JSONReader.read(outcome.output).datum else {
            throw TestFailure("the validator fails: \(outcome.errors)")
        }
        return verdicts.map { $0 == .bool(true) }
    }
}
