/// Points in time as HTTP writes them: `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110, 5.6.7).
enum HTTPDate {
    private static let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    /// The text of a number of seconds since 1970.
    static func text(_ seconds: Int64) -> String {
        let (day, time) = seconds.floored(by: 86_400)
        let (year, month, dayOfMonth) = civil(day)
        let weekday = days[Int(day.floored(by: 7).remainder)]
        let clock = "\(two(time / 3600)):\(two(time / 60 % 60)):\(two(time % 60))"
        return "\(weekday), \(two(Int64(dayOfMonth))) \(months[month - 1]) \(four(year)) \(clock) GMT"
    }

    /// The time in a folder's listing: `2026-01-31 17:05`.
    static func listing(_ seconds: Int64) -> String {
        let (day, time) = seconds.floored(by: 86_400)
        let (year, month, dayOfMonth) = civil(day)
        return "\(four(year))-\(two(Int64(month)))-\(two(Int64(dayOfMonth))) \(two(time / 3600)):\(two(time / 60 % 60))"
    }

    /// The seconds since 1970 of a date in any of the three forms that HTTP knows, or nil for other texts.
    static func seconds(_ text: String) -> Int64? {
        let words = text.split(separator: " ")
        switch words.count {
        case 6 where words[5] == "GMT" && words[0].last == ",":  // Sun, 06 Nov 1994 08:49:37 GMT
            return number(words[3]).flatMap { seconds(year: $0, words[2], day: words[1], clock: words[4]) }
        case 5:  // Sun Nov  6 08:49:37 1994
            return number(words[4]).flatMap { seconds(year: $0, words[1], day: words[2], clock: words[3]) }
        case 4 where words[3] == "GMT" && words[0].last == ",":  // Sunday, 06-Nov-94 08:49:37 GMT
            let date = words[1].split(separator: "-", omittingEmptySubsequences: false)
            guard date.count == 3, date[2].count == 2, let year = number(date[2]) else { return nil }
            return seconds(year: full(year), date[1], day: date[0], clock: words[2])
        default: return nil
        }
    }

    /// A year of two digits is never more than fifty years ahead; nobody who writes it so was born after 2026.
    private static func full(_ year: Int64) -> Int64 { year < 77 ? 2000 + year : 1900 + year }

    private static func seconds(year: Int64, _ name: Substring, day: Substring, clock: Substring) -> Int64? {
        let parts = clock.split(separator: ":", omittingEmptySubsequences: false).map(number)
        guard let month = months.firstIndex(where: { $0 == name }), let day = number(day), parts.count == 3,
            let hour = parts[0], let minute = parts[1], let second = parts[2],
            (1600...9999).contains(year), (1...31).contains(day), hour < 24, minute < 60, second < 61
        else { return nil }
        return dayNumber(year: year, month: Int64(month) + 1, day: day) * 86_400 + hour * 3600 + minute * 60 + second
    }

    private static func number(_ text: Substring) -> Int64? {
        text.utf8.allSatisfy { (0x30...0x39).contains($0) } && text.utf8.count <= 4 ? Int64(text) : nil
    }

    // Howard Hinnant's algorithms for the Gregorian calendar; years begin in March in them.
    private static func civil(_ day: Int64) -> (year: Int64, month: Int, day: Int) {
        let (era, dayOfEra) = (day + 719_468).floored(by: 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shifted = (5 * dayOfYear + 2) / 153
        let month = shifted < 10 ? shifted + 3 : shifted - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), Int(month), Int(dayOfYear - (153 * shifted + 2) / 5 + 1))
    }

    private static func dayNumber(year: Int64, month: Int64, day: Int64) -> Int64 {
        let (era, yearOfEra) = (month <= 2 ? year - 1 : year).floored(by: 400)
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    private static func two(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
    private static func four(_ number: Int64) -> String {
        String(repeating: "0", count: max(0, 4 - "\(number)".count)) + "\(number)"
    }
}

extension Int64 {
    /// Quotient and remainder, the remainder never negative.
    fileprivate func floored(by divisor: Int64) -> (quotient: Int64, remainder: Int64) {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }
}
