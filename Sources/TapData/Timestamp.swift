import Glibc

/// A moment as text: RFC 3339 in UTC with milliseconds, `2026-11-21T10:04:05.123Z`.
///
/// Texts compare as the moments do.
package enum Timestamp {
    /// The moment now, by the system's clock.
    package static var now: String {
        var clock = timespec()
        clock_gettime(CLOCK_REALTIME, &clock)
        return text(seconds: clock.tv_sec, milliseconds: clock.tv_nsec / 1_000_000)
    }

    /// A moment given in seconds since 1970.
    package static func text(seconds: Int, milliseconds: Int = 0) -> String {
        var seconds = time_t(seconds)
        var parts = tm()
        gmtime_r(&seconds, &parts)
        let date =
            "\(digits(Int(parts.tm_year) + 1900, 4))-\(digits(Int(parts.tm_mon) + 1, 2))-\(digits(Int(parts.tm_mday), 2))"
        let time = "\(digits(Int(parts.tm_hour), 2)):\(digits(Int(parts.tm_min), 2)):\(digits(Int(parts.tm_sec), 2))"
        return "\(date)T\(time).\(digits(milliseconds, 3))Z"
    }

    /// The seconds since 1970 of a text that ``text(seconds:milliseconds:)`` wrote; nil for any other text.
    package static func seconds(of text: String) -> Int? {
        let separators: Set<Character> = ["-", "T", ":", ".", "Z"]
        let numbers = text.split { separators.contains($0) }.map { CInt($0) }
        guard numbers.count == 7, text.count == 24, text.last == "Z",
            let year = numbers[0], let month = numbers[1], let day = numbers[2], let hour = numbers[3],
            let minute = numbers[4], let second = numbers[5]
        else { return nil }
        var parts = tm()
        (parts.tm_year, parts.tm_mon, parts.tm_mday) = (year - 1900, month - 1, day)
        (parts.tm_hour, parts.tm_min, parts.tm_sec) = (hour, minute, second)
        return timegm(&parts)
    }

    /// The canonical text of a moment that a person wrote: RFC 3339 (section 5.6), also with a space for the `T`,
    /// shortened from the end (`2026-11-21`, `2026-11-21 13:05`), and without an offset, which then means UTC.
    ///
    /// Nil: it is none.
    package static func canonical(_ text: String) -> String? {
        var rest = text[...]
        func number(_ count: Int) -> Int? {
            let digits = rest.prefix(count)
            guard digits.utf8.count == count, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
            rest = rest.dropFirst(count)
            return Int(digits)
        }
        func skip(_ characters: String) -> Bool {
            guard let first = rest.first, characters.contains(first) else { return false }
            rest = rest.dropFirst()
            return true
        }
        guard let year = number(4), skip("-"), let month = number(2), (1...12).contains(month), skip("-"),
            let day = number(2), (1...31).contains(day)
        else { return nil }
        var (hour, minute, second, milliseconds, offset) = (0, 0, 0, 0, 0)
        if skip("Tt ") {
            guard let hours = number(2), hours < 24, skip(":"), let minutes = number(2), minutes < 60 else {
                return nil
            }
            (hour, minute) = (hours, minutes)
            if skip(":") {
                guard let seconds = number(2), seconds <= 60 else { return nil }
                second = seconds
                if skip(".") {
                    let fraction = rest.prefix { $0.isASCII && $0.isNumber }
                    rest = rest.dropFirst(fraction.count)
                    guard let value = Int((fraction + "00").prefix(3)), !fraction.isEmpty else { return nil }
                    milliseconds = value
                }
            }
            if let sign = rest.first, "+-".contains(sign) {
                rest = rest.dropFirst()
                guard let hours = number(2), hours < 24, skip(":"), let minutes = number(2), minutes < 60 else {
                    return nil
                }
                offset = (sign == "-" ? -1 : 1) * (hours * 3600 + minutes * 60)
            } else {
                _ = skip("Zz")
            }
        }
        guard rest.isEmpty else { return nil }
        var parts = tm()
        (parts.tm_year, parts.tm_mon, parts.tm_mday) = (CInt(year - 1900), CInt(month - 1), CInt(day))
        (parts.tm_hour, parts.tm_min, parts.tm_sec) = (CInt(hour), CInt(minute), CInt(second))
        return Timestamp.text(seconds: timegm(&parts) - offset, milliseconds: milliseconds)
    }

    private static func digits(_ number: Int, _ count: Int) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(0, count - text.count)) + text
    }
}
