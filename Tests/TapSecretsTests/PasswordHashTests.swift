import TapData
import TapSecrets
import Taproom
import Testing

@Suite struct PasswordHashTests {
    @Test func aPasswordIsStoredAsItsHashOnly() async throws {
        let checked = Vault.check(["password": "correct horse"])
        #expect(checked.errors.isEmpty)
        let stored = try #require(checked.canonical["password"]?.string)
        #expect(stored.hasPrefix("$argon2id$v=19$m=65536,t=2,p=1$"))
        let hash = try PasswordHash(stored)
        #expect(hash.text == stored)
        #expect(await hash.verify("correct horse"))
        #expect(await hash.verify("correct horsf") == false)
        #expect(await hash.verify("") == false)
        #expect(Vault.check(["password": .string(stored)]).canonical["password"] == .string(stored))
        #expect(try PasswordHash("correct horse") != hash, "salts are new each time")
    }

    @Test(
        arguments: [
            (.string(""), "must be a password of 1 to 1024 bytes"),
            (.string(String(repeating: "x", count: 1025)), "must be a password of 1 to 1024 bytes"),
            (.integer(4711), "must be text: a password in quotes, or its hash that begins with $argon2id$"),
            (
                .string("$2b$12$abcdefghijklmnopqrstuv"),
                "is a hash that is not known here; hash the password with argon2id"
            ),
            (.string("$argon2id$hunter2"), "is no argon2id hash of up to 1 GiB and 16 passes"),
            (
                .string(
                    "$argon2id$v=19$m=4194304,t=2,p=1$/j4ZVq+eDtQwLMqbLBZn2A$1hcZ8ikEnDiuE2qRWmCRTSKZeVhPsp9rpEXsCcBVXxI"
                ),
                "is no argon2id hash of up to 1 GiB and 16 passes"
            ),
        ] as [(Datum, String)])
    func whatIsNeitherIsRefusedAndNotRepeated(_ value: Datum, _ problem: String) {
        #expect(Vault.check(["password": value]).errors.map(\.description) == ["password \(problem)"])
    }

    @Test func namesCanHavePasswords() {
        let users = Vault.check(["users": .object(["ada": "lovelace"])]).canonical["users"]?.object
        #expect(users?["ada"]?.string?.hasPrefix("$argon2id$") == true)
    }
}
