import TapSecrets
import Testing

@Suite(.timeLimit(.minutes(2)))
struct CryptHashTests {
    /// The first is from the tests of crypt_blowfish, the next two from the specification of SHA-crypt.
    private static let known = [
        ("U*U", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"),
        ("Hello world!", "$5$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5"),
        (
            "Hello world!",
            "$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1"
        ),
        ("secret", "$2y$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW"),
        ("sécret", "$2b$04$abcdefghijklmnopqrstuuxgaAVrATsv2cxAkEB3ENsaS.NPyRuGO"),
        ("secret", "$y$j75$abcdefgh$uMUXG79B2cFpoAYyDccUnsaH/aGTyBYMlnQidzyag01"),
        ("secret", "$y$j9T$abcdefgh$IUWJt2doU4Kf6E/JP1UkAT3S5O3Q7SSA8SJirXIlEu9"),
        ("secret", "$5$rounds=1000$abc$Mz4DiYKTnNKbZLo/mIp3d8Y4aQBhv3uhSwxLDy55/Y8"),
    ]

    @Test(arguments: known)
    func knowsThePasswordOfAHash(password: String, text: String) throws {
        let hash = try CryptHash(text)
        #expect(hash.matches(password))
        #expect(!hash.matches(password + "x"))
        #expect(!hash.matches(""))
        #expect(!hash.matches(password + "\0"))
        #expect(!hash.matches(String(repeating: "x", count: 100_000)))
    }

    @Test(
        arguments: [
            ("$apr1$abc$0123456789012345678901", .weak("MD5")), ("$1$abc$0123456789012345678901", .weak("MD5")),
            ("{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=", .weak("SHA-1 without a salt")), ("rqXexS6ZhobKA", .plain),
            ("", .plain),
            ("secret", .plain), ("$", .unknown), ("$$$", .unknown), ("$2x$04$abc", .weak("bcrypt with a mistake")),
            ("$7$abc$def", .unknown), ("$2y$04$", .broken),
            ("$2y$4$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW", .broken),
            ("$2y$17$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW", .tooCostly),
            ("$2y$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WI\0W", .broken),
            ("$2y$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW\r", .broken),
            ("$6$abc$def", .broken), ("$6$rounds=999999999$abc$def", .tooCostly), ("$6$rounds=-1$abc$def", .broken),
            ("$y$jFT$abcdefgh$IUWJt2doU4Kf6E/JP1UkAT3S5O3Q7SSA8SJirXIlEu9", .tooCostly),
            ("$y$jzz$abcdefgh$IUWJt2doU4Kf6E/JP1UkAT3S5O3Q7SSA8SJirXIlEu9", .tooCostly), ("$y$j9T$$x", .broken),
            ("$y$$abc$def", .broken),
        ] as [(String, CryptHashError)])
    func refusesWhatIsNotToBeTrusted(text: String, problem: CryptHashError) {
        #expect(throws: problem) { try CryptHash(text) }
    }

    @Test func digestsOfEqualBytesAreEqualUnderOneKeyOnly() {
        func digest(_ text: String, _ key: KeyedDigest) -> KeyedDigest.Value {
            var text = text
            return text.withUTF8 { key.value(of: UnsafeRawBufferPointer($0)) }
        }
        let (key, other) = (KeyedDigest(), KeyedDigest())
        #expect(digest("abc", key) == digest("abc", key))
        #expect(digest("abc", key) != digest("abd", key))
        #expect(digest("abc", key) != digest("abc", other))
        #expect(digest("", key) != digest("", other))
    }
}
