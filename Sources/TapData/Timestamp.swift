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

    private static func digits(_ number: Int, _ count: Int) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(0, count - text.count)) + text
    }
}
